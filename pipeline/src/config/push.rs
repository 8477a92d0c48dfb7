//! `[push]` of `zhihui.toml`: limits of pushes per member.

use serde::Deserialize;
use zhihui_engine::audience::PushCaps;

/// Caps in addition to WeChat's limit of four pushes per calendar month. Urgent items are exempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushConfig {
    /// Maximum number of pushes to one member per calendar month. No cap if missing.
    pub per_month: Option<u32>,
    /// Maximum number of pushes to one member within 7 days. No cap if missing.
    pub per_7_days: Option<u32>,
}

impl PushConfig {
    /// The caps for audiences.
    #[must_use]
    pub fn caps(self) -> PushCaps {
        PushCaps { own_per_month: self.per_month, own_per_7_days: self.per_7_days, ..PushCaps::default() }
    }
}
