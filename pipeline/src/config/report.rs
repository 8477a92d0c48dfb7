//! `[report]` of `zhihui.toml`: suppression of small groups.

use serde::Deserialize;
use zhihui_engine::report::MinGroupSize;

/// Suppression of small groups in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Minimum number of people behind a shown count. 10 by default, at least 5.
    pub fewest_people: MinGroupSize,
}
