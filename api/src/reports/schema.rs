//! Schema of a report in JSON.

use serde::Deserialize;
use utoipa::ToSchema;

/// A sentence in both languages.
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
    /// Start.
    #[schema(format = DateTime)]
    pub from: String,
    /// End, exclusive.
    #[schema(format = DateTime)]
    pub to: String,
    /// The instant whose state was read.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The applied filters.
    #[schema(value_type = Object)]
    pub filters: serde_json::Map<String, serde_json::Value>,
    /// The report in one or two sentences.
    pub summary: Sentence,
    /// Metrics.
    pub metrics: Vec<MetricValue>,
    /// Tables.
    pub tables: Vec<ReportTable>,
    /// Notes for the reader.
    pub notes: Vec<Sentence>,
    /// Minimum number of people of a shown count.
    #[serde(default)]
    pub fewest_people: u64,
}

/// A metric.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricValue {
    /// Stable name for programs.
    pub name: String,
    /// Label.
    pub label: Sentence,
    /// The value, or null if it is undefined or suppressed.
    pub value: Option<f64>,
    /// `people`, `person_times`, `share`, `seconds`, `articles`, `unions`, `tickets`, …
    pub unit: String,
    /// Numerator of a share.
    pub numerator: Option<f64>,
    /// Denominator of a share.
    pub denominator: Option<f64>,
    /// The value of the compared period.
    pub previous: Option<f64>,
    /// Whether the value is hidden because it covers too few people.
    pub suppressed: bool,
    /// Exact definition.
    pub definition: Sentence,
}

/// A table.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportTable {
    /// Stable name for programs.
    pub name: String,
    /// Title.
    pub label: Sentence,
    /// Stable names of the columns.
    pub columns: Vec<String>,
    /// Details of the columns, in the same order.
    pub column_details: Vec<ReportColumn>,
    /// Rows. A suppressed cell is the text `<10` (`<` and `fewest_people`), even if it is hidden only to protect another
    /// cell and may be larger.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// A column.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportColumn {
    /// Label.
    pub label: Sentence,
    /// Unit, as for metrics, or `text`.
    pub unit: String,
}
