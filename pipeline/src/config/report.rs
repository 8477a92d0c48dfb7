//! What reports may show.

use serde::Deserialize;
use zhihui_engine::report::MinGroupSize;

/// The settings of `[report]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Fewest people that a shown count is about; 10 by default, at least 5.
    pub fewest_people: MinGroupSize,
}
