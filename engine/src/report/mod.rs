//! The leaders' report: its shape, and the one place where its metrics are defined.

mod metrics;
mod suppression;
mod unit_label;
mod uplift;

use serde::{Deserialize, Serialize};

pub use metrics::{METRICS, Metric, metric};
pub use suppression::{Groups, MIN_GROUP_SIZE, MinGroupSize, is_too_few, shown_in_list};
pub use unit_label::unit_label;
pub use uplift::{Uplift, uplift};

pub use crate::audience::Sentence;

/// A report over a half-open period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// First instant, RFC 3339.
    pub from: String,
    /// End, exclusive, RFC 3339.
    pub to: String,
    /// The instant whose state was read, RFC 3339.
    pub as_of: String,
    /// The filters that were applied.
    pub filters: serde_json::Map<String, serde_json::Value>,
    /// The report in one or two sentences made from its numbers.
    pub summary: Sentence,
    /// Single figures.
    pub metrics: Vec<MetricValue>,
    /// Tables.
    pub tables: Vec<ReportTable>,
    /// What a reader must know: suppression, coverage, missing data.
    pub notes: Vec<Sentence>,
    /// MinGroupSize people that a shown count is about.
    #[serde(default)]
    pub fewest_people: MinGroupSize,
}

/// One figure, with what it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// Stable name for programs.
    pub name: String,
    /// Its name for people.
    pub label: Sentence,
    /// The figure; null where it cannot be told or was suppressed.
    pub value: Option<f64>,
    /// `people`, `person_times`, `share`, `seconds`, `articles`, `unions`, `tickets`, …
    pub unit: String,
    /// Above the line of a share.
    pub numerator: Option<f64>,
    /// Below the line of a share.
    pub denominator: Option<f64>,
    /// The figure of the period before; null where there is none.
    pub previous: Option<f64>,
    /// Whether the figure is hidden because it is about fewer people than may be shown.
    pub suppressed: bool,
    /// What exactly is counted.
    pub definition: Sentence,
}

/// One table of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportTable {
    /// Stable name for programs.
    pub name: String,
    /// Title for people.
    pub label: Sentence,
    /// Stable names of the columns, for programs.
    pub columns: Vec<String>,
    /// What the columns hold, in the same order.
    pub column_details: Vec<ReportColumn>,
    /// Rows; a suppressed cell is the text `<10` (`<` and `fewest_people`), also where it is hidden for
    /// another cell's sake and may be larger.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportColumn {
    /// Its name for people.
    pub label: Sentence,
    /// Unit as in [`MetricValue::unit`], or `text`.
    pub unit: String,
}
