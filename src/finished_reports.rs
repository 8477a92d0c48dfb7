//! Keeps finished reports in memory as long as the tables they were made from do not change.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use zhihui_engine::report::Report;
use zhihui_pipeline::report::ReportQuery;

/// Number of reports that are kept. One has at most a few hundred kilobytes.
const KEPT: usize = 32;
/// Time for which a report is kept. Until then its data are at most this much older than they could be.
const MAX_AGE: TimeDelta = TimeDelta::minutes(30);

/// What a report was made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReportInputs {
    pub(crate) query: ReportQuery,
    /// Versions of the tables.
    pub(crate) versions: Vec<i64>,
}

/// The latest reports, the last used first.
#[derive(Debug, Default)]
pub(crate) struct FinishedReports(Mutex<VecDeque<(ReportInputs, DateTime<Utc>, Report)>>);

impl FinishedReports {
    /// Returns the report that was made from the same inputs, unless it is too old. It was made as of an earlier instant.
    pub(crate) fn get(&self, inputs: &ReportInputs, as_of: DateTime<Utc>) -> Option<Report> {
        let mut kept = self.0.lock().ok()?;
        kept.retain(|(_, made_at, _)| (TimeDelta::zero()..=MAX_AGE).contains(&(as_of - made_at)));
        let at = kept.iter().position(|(made_from, _, _)| made_from == inputs)?;
        let found = kept.remove(at)?;
        let report = found.2.clone();
        kept.push_front(found);
        Some(report)
    }

    pub(crate) fn keep(&self, inputs: ReportInputs, as_of: DateTime<Utc>, report: &Report) {
        if let Ok(mut kept) = self.0.lock() {
            kept.retain(|(made_from, _, _)| *made_from != inputs);
            kept.push_front((inputs, as_of, report.clone()));
            kept.truncate(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zhihui_pipeline::report::Compare;

    use super::*;

    fn report(name: &str) -> Report {
        let text = json!({ "zh": name, "en": name });
        serde_json::from_value(json!({
            "from": "", "to": "", "as_of": "", "filters": {}, "summary": text, "metrics": [], "tables": [], "notes": [],
            "fewest_people": 10,
        }))
        .expect("a report")
    }

    fn inputs(union: &str, version: i64) -> ReportInputs {
        let (from, to) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::days(30));
        let (compare, union) = (Compare::Previous, Some(union.to_owned()));
        let query = ReportQuery { from, to, compare, union, district: None, age_band: None };
        ReportInputs { query, versions: vec![version, 7] }
    }

    #[test]
    fn a_report_is_kept_for_the_same_query_and_tables_and_for_half_an_hour() {
        let (finished, at) = (FinishedReports::default(), DateTime::UNIX_EPOCH);
        finished.keep(inputs("U1", 3), at, &report("one"));
        let found = |inputs: &ReportInputs, minutes: i64| {
            finished.get(inputs, at + TimeDelta::minutes(minutes)).map(|report| report.summary.en)
        };
        assert_eq!(found(&inputs("U1", 3), 29).as_deref(), Some("one"));
        assert_eq!(found(&inputs("U1", 4), 29), None, "a table changed");
        assert_eq!(found(&inputs("U2", 3), 29), None, "another union");
        assert_eq!(found(&inputs("U1", 3), 31), None);
        assert_eq!(found(&inputs("U1", 3), 0), None, "old reports are dropped");
    }

    #[test]
    fn the_longest_unused_reports_are_dropped() {
        let (finished, at) = (FinishedReports::default(), DateTime::UNIX_EPOCH);
        for union in 0..KEPT + 2 {
            finished.keep(inputs(&union.to_string(), 1), at, &report(&union.to_string()));
            assert!(finished.get(&inputs("0", 1), at).is_some(), "in use");
        }
        assert!(finished.get(&inputs("1", 1), at).is_none());
        assert!(finished.get(&inputs("3", 1), at).is_some());
    }
}
