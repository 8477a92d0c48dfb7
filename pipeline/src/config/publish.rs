//! `[publish]` of `zhihui.toml`: how long services may be behind the published snapshot.

use std::time::Duration;

use serde::Deserialize;

/// Limits of services that follow the snapshots in the object store of the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublishConfig {
    /// A service that has had no contact with the object store, or an older snapshot than the published one, for so long refuses to
    /// answer, because it may serve members who were revoked since. 0: never.
    refuse_after_seconds: u32,
}

impl PublishConfig {
    /// Returns the longest time behind; `None` if it is not limited.
    #[must_use]
    pub fn refuse_after(self) -> Option<Duration> {
        (self.refuse_after_seconds > 0).then(|| Duration::from_secs(self.refuse_after_seconds.into()))
    }
}

impl Default for PublishConfig {
    fn default() -> Self {
        Self { refuse_after_seconds: 300 }
    }
}
