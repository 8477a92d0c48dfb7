//! Data checks: whether the data of a build are complete, current and not much fewer than before.
//!
//! Compares the measures of a build with those of the last published one. A failure stops publishing until the data are corrected
//! or accepted; a warning is only shown.

mod checks;
mod measures;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zhihui_engine::report::Sentence;

use crate::ingest::{FileReport, FileStatus};

pub use checks::run_checks;
pub use measures::{MeasureOptions, measure};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// No problem.
    Ok,
    /// A possible problem; publishing continues.
    Warn,
    /// Publishing stops until the data are corrected or accepted.
    Fail,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataCheck {
    /// Stable name, `data_…`.
    pub name: String,
    /// How it ended.
    pub status: CheckStatus,
    /// The share or number that was compared with the threshold, if there is a single one.
    pub value: Option<f64>,
    /// The finding. It names no member and counts no small group.
    pub message: Sentence,
}

/// The measures of a build.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measures {
    /// The instant whose state was built, seconds since 1970 in UTC.
    pub as_of: i64,
    /// Rows by stream: members, items, reads, sign-ups and others.
    pub volumes: BTreeMap<String, u64>,
    /// Members whose age, union or openid is known.
    pub known: BTreeMap<String, u64>,
    /// Rows by day and kind, of the latest days.
    pub days: BTreeMap<String, BTreeMap<String, u64>>,
    /// The latest instant of each stream, seconds since 1970 in UTC.
    pub latest: BTreeMap<String, i64>,
    /// Usable rows of the newest delivery of each roster, by table and file name without digits.
    pub deliveries: BTreeMap<String, u64>,
    /// When each of these was ingested, seconds since 1970 in UTC.
    pub delivered: BTreeMap<String, i64>,
    /// Members and unions of the rosters, by table, without those known from events only.
    pub rostered: BTreeMap<String, u64>,
    /// Rows left out because their openid has no owner.
    pub unresolved: u64,
    /// Items without a title or without any attribute.
    pub undescribed: u64,
    /// Rows of events that are dated in the future.
    pub ahead: u64,
}

/// Tables whose deliveries are compared with earlier ones.
const ROSTERS: [&str; 2] = ["members", "unions"];

/// Returns the usable rows of each ingested roster. Files whose names differ only in digits belong to one delivery.
#[must_use]
pub fn roster_sizes(files: &[FileReport]) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    for file in files.iter().filter(|file| file.status == FileStatus::Ingested) {
        let Some(table) = file.table.as_deref().filter(|table| ROSTERS.contains(table)) else { continue };
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let stem: String = name.split('.').next().unwrap_or_default().chars().filter(|c| c.is_alphabetic()).collect();
        let usable = file.counts.rows.saturating_sub(file.counts.rejected);
        *rows.entry(format!("{table}/{}", stem.to_lowercase())).or_default() += usable;
    }
    rows
}
