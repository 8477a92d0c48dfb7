//! `[report]` of `zhihui.toml`: suppression of small groups, and the font of PDF files.

use std::path::PathBuf;

use serde::Deserialize;
use zhihui_engine::report::MinGroupSize;

/// Suppression of small groups in reports, and their files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Minimum number of people behind a shown count. 10 by default, at least 5.
    pub fewest_people: MinGroupSize,
    /// Font file of PDF files; by default one of the machine's fonts with Chinese characters. Relative to the home.
    pub font: Option<PathBuf>,
}
