//! `[report]` of `zhihui.toml`: suppression of small groups, and targets of metrics.

use serde::Deserialize;
use zhihui_engine::report::{MinGroupSize, Targets};

/// Settings of reports.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Minimum number of people behind a shown count. 10 by default, at least 5.
    pub fewest_people: MinGroupSize,
    /// Targets of a month by the name of the metric, `[report.targets]`.
    pub targets: Targets,
}
