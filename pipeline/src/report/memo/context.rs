//! What a memo is written from: the shown figures of a report and of the month before its tables.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::report::{MetricValue, ReportTable, Sentence};

use crate::report::metrics::{Extent, Pushes};
use crate::report::period_rule::is_one_month;
use crate::report::unions::Unions;
use crate::report::{Compare, ReportQuery};

/// Everything a memo follows from. Metrics and tables are suppressed already.
pub(in crate::report) struct MemoContext<'a> {
    /// The query with the resolved period.
    pub(in crate::report) query: &'a ReportQuery,
    pub(in crate::report) as_of: DateTime<Utc>,
    pub(in crate::report) zone: Zone,
    pub(in crate::report) extent: Extent,
    /// The summary of the report.
    pub(in crate::report) summary: &'a Sentence,
    pub(in crate::report) metrics: &'a [MetricValue],
    pub(in crate::report) tables: &'a [ReportTable],
    /// Tables by age band, union and topic of the month before, with the same suppression.
    pub(in crate::report) tables_before: &'a [ReportTable],
    /// First day of the month of the tables.
    pub(in crate::report) month: NaiveDate,
    /// First day of the month before.
    pub(in crate::report) month_before: NaiveDate,
    pub(in crate::report) unions: &'a Unions,
    pub(in crate::report) pushes: &'a Pushes,
}

impl MemoContext<'_> {
    /// A metric that is shown.
    pub(super) fn metric(&self, name: &str) -> Option<&MetricValue> {
        self.metrics.iter().find(|metric| metric.name == name && !metric.suppressed)
    }

    /// The value of a metric, if it is shown.
    pub(super) fn value(&self, name: &str) -> Option<f64> {
        self.metric(name).and_then(|metric| metric.value)
    }

    /// Whether the report covers the month of the tables.
    pub(super) fn is_month(&self) -> bool {
        is_one_month((self.query.from, self.query.to), self.zone) && self.zone.day(self.query.from) == self.month
    }

    /// A table of this report.
    pub(super) fn table(&self, name: &str) -> Option<&ReportTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The same table of the month before.
    pub(super) fn table_before(&self, name: &str) -> Option<&ReportTable> {
        self.tables_before.iter().find(|table| table.name == name)
    }

    /// Words for the period of comparison: `比` it, and after a number of it.
    pub(super) fn then(&self) -> [&'static str; 2] {
        match self.query.compare {
            Compare::LastYear => ["去年同期", "a year earlier"],
            Compare::Previous | Compare::Nothing => ["上期", "in the period before"],
        }
    }
}

/// A cell as a number; `None` if it is hidden or empty.
pub(super) fn number(row: &[Value], column: usize) -> Option<f64> {
    row.get(column).and_then(Value::as_f64)
}

/// A cell as a text; empty if it is none.
pub(super) fn text(row: &[Value], column: usize) -> &str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}
