//! Checks of the data, not of the code: did much of it vanish, is it current, is it complete enough to be useful.
//!
//! A build is measured, and compared with the last published one. A check that fails holds the publish back until the data are
//! put right or accepted; one that warns is shown and nothing more.

mod judge;
mod measures;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zhihui_engine::report::Sentence;

use crate::ingest::{FileReport, FileStatus};

pub use judge::judge;
pub use measures::{MeasureOptions, measure};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// Nothing to see.
    Ok,
    /// Worth a look; the publish goes on.
    Warn,
    /// Nothing is published until somebody has looked.
    Fail,
}

/// One check of a build's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataCheck {
    /// Stable name, `data_…`.
    pub name: String,
    /// How it ended.
    pub status: CheckStatus,
    /// The share or number that was compared with the threshold, where there is a single one.
    pub value: Option<f64>,
    /// What was found. It names no member and counts no small group.
    pub message: Sentence,
}

/// What is measured of a build.
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
    /// When each of them was taken in, seconds since 1970 in UTC.
    pub delivered: BTreeMap<String, i64>,
    /// Members and unions that a roster names, by table; those known from events alone are not among them.
    pub rostered: BTreeMap<String, u64>,
    /// Rows left out because their openid belongs to nobody known.
    pub unresolved: u64,
    /// Items that nobody described.
    pub undescribed: u64,
    /// Rows of events that are dated after the moment of measuring.
    pub ahead: u64,
}

/// Tables whose files are compared with the ones before.
const ROSTERS: [&str; 2] = ["members", "unions"];

/// Usable rows of the rosters that an ingest took in. Files of one name but for its digits belong to one delivery.
#[must_use]
pub fn deliveries(files: &[FileReport]) -> BTreeMap<String, u64> {
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
