//! Rejected rows, unknown values, identified rows and followers, from the raw tables.

use std::collections::BTreeMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch, figures};
use super::view::Micros;
use crate::report::columns::RawColumns;

/// `rejected.sql`.
pub(super) fn rejected(counts: &Counts, raw: &RawColumns) -> Result<RecordBatch, ArrowError> {
    by_source(counts, "rejected_rows", &raw.rejected)
}

/// `nulled.sql`.
pub(super) fn nulled(counts: &Counts, raw: &RawColumns) -> Result<RecordBatch, ArrowError> {
    by_source(counts, "nulled_values", &raw.nulled)
}

/// The number of instants before that of the report, by table.
fn by_source(
    counts: &Counts,
    name: &'static str,
    times: &BTreeMap<String, Vec<i64>>,
) -> Result<RecordBatch, ArrowError> {
    let before = |times: &Vec<i64>| times.partition_point(|&at| at < counts.options.as_of) as i64;
    let rows: Vec<(&String, i64)> =
        times.iter().map(|(source, times)| (source, before(times))).filter(|(_, rows)| *rows > 0).collect();
    batch(vec![
        ("source", Column::Text(rows.iter().map(|(source, _)| Some((*source).clone())).collect())),
        (name, Column::Count(rows.iter().map(|(_, rows)| *rows).collect())),
    ])
}

/// `followers.sql`.
pub(super) fn followers(counts: &Counts, period: Micros, raw: &RawColumns) -> Result<RecordBatch, ArrowError> {
    let (from, to) = counts.known(period);
    let start = raw.changes.partition_point(|change| change.at < from);
    let end = raw.changes.partition_point(|change| change.at < to).max(start);
    let mut people = [0, 0];
    let mut is_counted = vec![[false; 2]; raw.people];
    for change in &raw.changes[start..end] {
        let kind = usize::from(!change.follows);
        people[kind] += i64::from(!std::mem::replace(&mut is_counted[change.person as usize][kind], true));
    }
    figures(&[("followers_gained", people[0]), ("followers_lost", people[1])])
}

/// `identified.sql`. `None` if the period begins or ends within a quarter of an hour whose rows are on both sides.
pub(super) fn identified(counts: &Counts, period: Micros, raw: &RawColumns) -> Option<Result<RecordBatch, ArrowError>> {
    let (from, to) = counts.known(period);
    let (mut rows, mut identified) = (0, 0);
    let first = raw.facts.partition_point(|fact| fact.times.1 < from);
    for fact in raw.facts[first..].iter().take_while(|fact| fact.times.0 < to) {
        if fact.times.0 < from || fact.times.1 >= to {
            return None;
        }
        rows += fact.rows;
        identified += fact.identified;
    }
    Some(figures(&[("fact_rows", rows), ("identified_rows", identified)]))
}
