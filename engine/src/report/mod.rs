//! The report for leaders: its structure, metric definitions and suppression of small groups.

mod day_notes;
mod memo;
mod metrics;
mod noise;
mod sample_size;
mod size_classes;
mod suppression;
mod target;
mod unit_label;
mod uplift;

use serde::{Deserialize, Serialize};

pub use day_notes::{DayNote, DayNoteKind, day_notes_of, is_by_day, with_day_notes};
pub use memo::{EffectState, Memo, MemoPart, Mover, PushEffect, SilentUnion, SilentUnions};
pub use metrics::{LARGE_ARM_SIZE, METRICS, Metric, MinimumGroup, metric};
pub use noise::{counts_differ, moved};
pub use sample_size::more_members_needed;
pub use size_classes::size_classes;
pub use suppression::{Groups, MIN_GROUP_SIZE, MinGroupSize, is_too_few, shown_in_list};
pub use target::{Targets, target_margin};
pub use unit_label::unit_label;
pub use uplift::{Uplift, rate_interval, uplift};

pub use crate::audience::Sentence;

/// A report over a half-open period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Start, RFC 3339.
    pub from: String,
    /// End, exclusive, RFC 3339.
    pub to: String,
    /// The time of the data, RFC 3339.
    pub as_of: String,
    /// The applied filters.
    pub filters: serde_json::Map<String, serde_json::Value>,
    /// A summary of the numbers in one or two sentences.
    pub summary: Sentence,
    /// Single values.
    pub metrics: Vec<MetricValue>,
    /// Tables.
    pub tables: Vec<ReportTable>,
    /// Notes for the reader: suppression, coverage, missing data.
    pub notes: Vec<Sentence>,
    /// Minimum number of people behind a shown count.
    #[serde(default)]
    pub fewest_people: MinGroupSize,
    /// The report in half a minute. Null in reports of earlier versions.
    #[serde(default)]
    pub memo: Option<Memo>,
    /// Holidays, moved working days and notes of staff about days of the period.
    #[serde(default)]
    pub day_notes: Vec<DayNote>,
}

/// The value of a metric, with its numerator and denominator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// Stable name for programs.
    pub name: String,
    /// Label for people.
    pub label: Sentence,
    /// The value, or null if it is undefined or suppressed.
    pub value: Option<f64>,
    /// `people`, `person_times`, `share`, `seconds`, `articles`, `unions`, `tickets`, …
    pub unit: String,
    /// Numerator of a share.
    pub numerator: Option<f64>,
    /// Denominator of a share.
    pub denominator: Option<f64>,
    /// The value of the previous period, or null if there is none.
    pub previous: Option<f64>,
    /// Whether the value is hidden because it describes too few people.
    pub suppressed: bool,
    /// What it counts.
    pub definition: Sentence,
    /// The 95 % interval of an estimate.
    #[serde(default)]
    pub interval: Option<[f64; 2]>,
    /// The target of the settings, if it applies to this report.
    #[serde(default)]
    pub target: Option<f64>,
    /// How it is computed. Null in reports of earlier versions.
    #[serde(default)]
    pub method: Option<MetricMethod>,
}

/// How a metric is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricMethod {
    /// From columns of its tables and from other metrics, within the period.
    pub formula: String,
    /// What a share or mean is taken of.
    pub denominator: Option<Sentence>,
    /// The tables it is computed from, by their names in the data dictionary.
    pub tables: Vec<String>,
    /// The people that must not be a small group. Null if it is not about people.
    pub minimum_group: Option<Sentence>,
}

/// A table of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportTable {
    /// Stable name for programs.
    pub name: String,
    /// Title for people.
    pub label: Sentence,
    /// Stable names of the columns, for programs.
    pub columns: Vec<String>,
    /// What the columns contain, in the same order.
    pub column_details: Vec<ReportColumn>,
    /// Rows. A suppressed cell is the text `<10` (`<` and `fewest_people`). Larger counts are suppressed as well if
    /// they would reveal another cell.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportColumn {
    /// Label for people.
    pub label: Sentence,
    /// Unit as in [`MetricValue::unit`], or `text`.
    pub unit: String,
}
