//! The valid keys in memory: one hash and one look-up a request, no database.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Digest32, Gate, KeyText, Role};
use crate::settings::Limits;

/// The keys that are valid now; replaced whole when the database changes.
#[derive(Debug)]
pub struct KeyRing {
    keys: ArcSwap<HashMap<String, Arc<LiveKey>>>,
    limits: Limits,
}

/// A valid key as the database has it.
pub(crate) struct LoadedKey {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) secret: Digest32,
    /// The union beyond which it sees nobody.
    pub(crate) union_id: Option<String>,
}

/// One valid key.
pub(crate) struct LiveKey {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) secret: Digest32,
    pub(crate) union_id: Option<String>,
    pub(crate) gate: Arc<Gate>,
}

impl std::fmt::Debug for LiveKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveKey").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring without keys: it lets nobody in.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { keys: ArcSwap::default(), limits }
    }

    /// Replaces every key; a key that stays keeps its rate limit's state.
    pub(crate) fn replace(&self, keys: Vec<LoadedKey>) {
        let before = self.keys.load_full();
        let gate = |id: &str| before.get(id).map(|key| Arc::clone(&key.gate));
        let after = keys
            .into_iter()
            .map(|LoadedKey { id, role, secret, union_id }| {
                let gate = gate(&id).unwrap_or_else(|| Arc::new(Gate::new(&self.limits)));
                (id.clone(), Arc::new(LiveKey { id, role, secret, union_id, gate }))
            })
            .collect();
        self.keys.store(Arc::new(after));
    }

    /// The key that this text is, `None` when it is not valid.
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
