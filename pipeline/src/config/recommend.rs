//! `[recommend]` of `zhihui.toml`: settings of lists.

use serde::Deserialize;
use zhihui_engine::ListOptions;

/// Exploration and exposure floor of lists.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecommendConfig {
    /// Share of positions for new items that few members have seen, 0 to 1. 0 disables exploration.
    pub explore_share: f64,
    /// Minimum exposure of items of the member's union and of the member's age band, as a multiple of their share among the
    /// items that can be listed, 0 to 1. 0 disables the floor.
    pub exposure_floor: f64,
}

impl Default for RecommendConfig {
    fn default() -> Self {
        let ListOptions { explore_share, exposure_floor } = ListOptions::default();
        Self { explore_share, exposure_floor }
    }
}

impl RecommendConfig {
    /// The settings in the engine's type.
    #[must_use]
    pub fn lists(self) -> ListOptions {
        ListOptions { explore_share: self.explore_share, exposure_floor: self.exposure_floor }
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let shares = [("explore_share", self.explore_share), ("exposure_floor", self.exposure_floor)];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((key, share)) => Err((key, format!("must be between 0 and 1, not {share}"))),
            None => Ok(()),
        }
    }
}
