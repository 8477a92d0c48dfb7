//! Settings of members' lists.

use serde::Deserialize;
use zhihui_engine::ListOptions;

/// The `[recommend]` of `zhihui.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecommendConfig {
    /// Share of the places given to new items that hardly anybody has met, 0 to 1; 0 explores nothing.
    pub explore_share: f64,
    /// Least exposure of items of the member's own union, and of the member's age band, as a multiple of their share among what
    /// could be listed, 0 to 1; 0: no floor.
    pub exposure_floor: f64,
}

impl Default for RecommendConfig {
    fn default() -> Self {
        let ListOptions { explore_share, exposure_floor } = ListOptions::default();
        Self { explore_share, exposure_floor }
    }
}

impl RecommendConfig {
    /// The settings as the engine takes them.
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
