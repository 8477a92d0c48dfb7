//! How often a member may be pushed something.

use serde::Deserialize;
use zhihui_engine::audience::PushCaps;

/// The `[push]` of `zhihui.toml`: our own caps; WeChat's four a natural month hold beside them. Urgent items are exempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushConfig {
    /// Pushes to one member in a natural month; missing: no cap of ours.
    pub per_month: Option<u32>,
    /// Pushes to one member within 7 days; missing: no cap of ours.
    pub per_7_days: Option<u32>,
}

impl PushConfig {
    /// The caps that an audience obeys.
    #[must_use]
    pub fn caps(self) -> PushCaps {
        PushCaps { own_per_month: self.per_month, own_per_7_days: self.per_7_days, ..PushCaps::default() }
    }
}
