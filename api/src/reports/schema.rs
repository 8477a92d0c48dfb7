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
    /// The report in half a minute.
    pub memo: Option<Memo>,
    /// Holidays, moved working days and notes of staff about days of the period.
    #[serde(default)]
    pub day_notes: Vec<DayNote>,
}

/// A note about one day or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayNote {
    /// The first day.
    #[schema(format = Date)]
    pub first: String,
    /// The last day.
    #[schema(format = Date)]
    pub last: String,
    /// `holiday`, `moved_workday` or `annotation`.
    pub kind: String,
    /// The note.
    pub text: Sentence,
}

/// What a leader reads of a report. Its figures follow from the shown metrics and tables of reports.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Memo {
    /// The number that matters, with its change and its target.
    pub headline: Sentence,
    /// Names of the metrics that are shown as tiles, at most six.
    pub tiles: Vec<String>,
    /// What changed by more than chance, the largest change first.
    pub movers: Vec<Mover>,
    /// How movers were chosen, or why there are none.
    pub movers_note: Sentence,
    /// Unions without an active member in a month.
    pub silent_unions: SilentUnions,
    /// What pushes added.
    pub pushes: Vec<PushEffect>,
    /// Why `pushes` is empty. An empty text if it is not.
    pub pushes_note: Sentence,
    /// One proposed action.
    pub action: Sentence,
    /// The rules behind the memo.
    pub method: Vec<Sentence>,
}

/// A metric that changed by more than chance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mover {
    /// Name of the metric.
    pub metric: String,
    /// Relative change; null if the value before was 0.
    pub change: Option<f64>,
    /// Metric, values and change.
    pub sentence: Sentence,
    /// What moved most along with it, if the data show it.
    pub reason: Option<Sentence>,
}

/// Silent unions that are large enough to be shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilentUnions {
    /// Their number and the month, or why none can be named.
    pub sentence: Sentence,
    /// The largest ones.
    pub unions: Vec<SilentUnion>,
    /// Number of further ones.
    pub more: u64,
}

/// A union to call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilentUnion {
    /// Its id.
    pub union_id: String,
    /// Its name, or its id.
    pub name: String,
    /// Its district, if known.
    pub district: Option<String>,
    /// Its members.
    pub members: u64,
}

/// What pushes of one kind added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushEffect {
    /// `read` or `sign_up`.
    pub response: String,
    /// `clear`, `unclear`, `too_few`, `no_hold_out` or `hidden`.
    pub state: String,
    /// Uplift in percentage points.
    pub points: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<[f64; 2]>,
    /// How many more members a clear answer needs.
    pub more_members: Option<u64>,
    /// The effect in words.
    pub sentence: Sentence,
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
    /// The 95 % interval of an estimate.
    pub interval: Option<[f64; 2]>,
    /// The target of the settings, if it applies to this report.
    pub target: Option<f64>,
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
