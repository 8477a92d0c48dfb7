//! Valid API keys in memory: a request costs one hash and one look-up, and no database access.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::role::Role;
use super::secret::{Digest32, KeyText};
use crate::middleware::rate_limit::RateLimit;
use crate::settings::Limits;

/// The valid API keys. Replaced as a whole when the database changes.
#[derive(Debug)]
pub struct KeyRing {
    keys: ArcSwap<HashMap<String, Arc<LiveKey>>>,
    limits: Limits,
}

/// A valid key as loaded from the database.
pub(crate) struct LoadedKey {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) secret: Digest32,
    /// The union subtree the key may see, or `None` for all members.
    pub(crate) union_id: Option<String>,
}

/// A valid key and its rate limit.
pub(crate) struct LiveKey {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) secret: Digest32,
    pub(crate) union_id: Option<String>,
    pub(crate) rate_limit: Arc<RateLimit>,
}

impl std::fmt::Debug for LiveKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveKey").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// An empty key ring, which admits nobody.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { keys: ArcSwap::default(), limits }
    }

    /// Replaces all keys. A key that stays keeps the state of its rate limit.
    pub(crate) fn replace(&self, keys: Vec<LoadedKey>) {
        let before = self.keys.load_full();
        let kept = |id: &str| before.get(id).map(|key| Arc::clone(&key.rate_limit));
        let after = keys
            .into_iter()
            .map(|LoadedKey { id, role, secret, union_id }| {
                let rate_limit = kept(&id).unwrap_or_else(|| Arc::new(RateLimit::new(&self.limits)));
                (id.clone(), Arc::new(LiveKey { id, role, secret, union_id, rate_limit }))
            })
            .collect();
        self.keys.store(Arc::new(after));
    }

    /// The valid key of this text, or `None`.
    pub(crate) fn find(&self, text: &str) -> Option<Arc<LiveKey>> {
        let sent = KeyText::parse(text)?;
        let digest = sent.digest();
        let key = self.keys.load().get(sent.id).cloned()?;
        key.secret.matches(&digest).then_some(key)
    }

    /// Number of valid keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.load().len()
    }

    /// Whether there is no valid key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
