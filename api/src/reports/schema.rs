//! ReportSource.

use serde::Deserialize;
use utoipa::ToSchema;

/// One sentence in both languages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A report over a half-open period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// First instant.
    #[schema(format = DateTime)]
    pub from: String,
    /// End, exclusive.
    #[schema(format = DateTime)]
    pub to: String,
    /// The instant whose state was read.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The filters that were applied.
    #[schema(value_type = Object)]
    pub filters: serde_json::Map<String, serde_json::Value>,
    /// The report in one or two sentences.
    pub summary: Sentence,
    /// Single figures.
    pub metrics: Vec<MetricValue>,
    /// Tables.
    pub tables: Vec<ReportTable>,
    /// What a reader must know.
    pub notes: Vec<Sentence>,
    /// Fewest people that a shown count is about.
    #[serde(default)]
    pub fewest_people: u64,
}

/// One figure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
    /// The figure of the period before.
    pub previous: Option<f64>,
    /// Whether the figure is hidden because it is about too few people.
    pub suppressed: bool,
    /// What exactly is counted.
    pub definition: Sentence,
}

/// One table.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportTable {
    /// Stable name for programs.
    pub name: String,
    /// Title for people.
    pub label: Sentence,
    /// Stable names of the columns.
    pub columns: Vec<String>,
    /// What the columns hold, in the same order.
    pub column_details: Vec<ReportColumn>,
    /// Rows; a suppressed cell is the text `<10` (`<` and `fewest_people`), also where it is hidden for
    /// another cell's sake and may be larger.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// One column.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportColumn {
    /// Its name for people.
    pub label: Sentence,
    /// Unit as of a figure, or `text`.
    pub unit: String,
}
