//! The members of an exclusion, as a query needs them.

use std::sync::Arc;

use zhihui_engine::Engine;
use zhihui_engine::audience::{Exclusion, ExclusionReason};

/// Members whom a query leaves out or counts, by id.
#[derive(Debug, Clone)]
pub struct ExclusionSource {
    /// Id of the exclusion list or of the push list.
    pub(crate) id: String,
    /// Identifies the members for as long as a snapshot serves.
    pub(crate) key: String,
    /// Name of the list; `None` if the result does not name it.
    pub(crate) name: Option<String>,
    pub(crate) reason: ExclusionReason,
    /// Ids of the members, one a line.
    pub(crate) ids: Arc<str>,
    /// Whether the members are left out, or only counted.
    pub(crate) applies: bool,
}

impl ExclusionSource {
    /// Looks the members up in a snapshot.
    #[must_use]
    pub fn resolve(&self, engine: &Engine) -> Exclusion {
        let ids = self.ids.lines().filter(|id| !id.is_empty());
        let members = Arc::new(engine.member_set(ids));
        Exclusion { id: self.id.clone(), reason: self.reason, members, applies: self.applies }
    }
}
