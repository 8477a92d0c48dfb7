//! `[report]` of `zhihui.toml`: suppression of small groups, targets of metrics, files of reports, and their schedules.

use std::path::PathBuf;

use serde::Deserialize;
use zhihui_engine::report::{MinGroupSize, Targets};

use super::report_schedule::ReportSchedule;

/// Settings of reports.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Minimum number of people behind a shown count. 10 by default, at least 5.
    pub fewest_people: MinGroupSize,
    /// Targets of a month by the name of the metric, `[report.targets]`.
    pub targets: Targets,
    /// Font file of PDF files; by default one of the machine's fonts with Chinese characters. Relative to the home.
    pub font: Option<PathBuf>,
    /// Reports that are made and sent by themselves.
    #[serde(rename = "schedule")]
    pub schedules: Vec<ReportSchedule>,
}

impl ReportConfig {
    /// Checks the schedules. Returns the key and what is wrong.
    pub(super) fn check(&self, has_mail: bool) -> Result<(), (String, String)> {
        for (at, schedule) in self.schedules.iter().enumerate() {
            let key = |name: &str| format!("schedule {}: {name}", schedule.name);
            schedule.check(has_mail).map_err(|(name, why)| (key(name), why))?;
            if self.schedules[..at].iter().any(|earlier| earlier.name == schedule.name) {
                return Err((key("name"), "another schedule has the same name".to_owned()));
            }
        }
        Ok(())
    }
}
