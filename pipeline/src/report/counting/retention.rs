//! Members by the month of their first activity and the months in which they were active.

use std::collections::BTreeMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::DateTime;

use super::Counts;
use super::batch::{Column, batch};
use super::days::Marks;
use super::view::Micros;
use crate::report::columns::{Month, month, month_text};

/// `retention.sql`, from events instead of days of members.
pub(super) fn retention(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (members, zone) = (&counts.columns.members, counts.options.zone);
    let mut months: Vec<(i64, Month)> = Vec::new();
    let mut start = period.0;
    while let Some(at) = DateTime::from_timestamp_micros(start).filter(|_| start < period.1) {
        months.push((start, month(zone, start)));
        // A month has fewer than 32 days.
        start = zone.month_start(zone.month_start(at) + chrono::Duration::days(32)).timestamp_micros();
    }
    let is_known = |row: usize| members.first_active_at[row].is_some_and(|at| at < period.1);
    let mut cells: BTreeMap<(Month, Month), i64> = BTreeMap::new();
    for row in counts.view.rows.iter().map(|&row| row as usize).filter(|&row| is_known(row)) {
        let first = members.first_month[row];
        *cells.entry((first, first)).or_default() += 1;
    }
    let mut is_active = Marks::new(months.len(), members.ids.len());
    counts.view.each_event(&counts.columns, period, |_, event| {
        if event.kind.is_activity() && is_known(event.row) {
            let at = months.partition_point(|(start, _)| *start <= event.at).saturating_sub(1);
            let (first, month) = (members.first_month[event.row], months[at].1);
            if month > first && is_active.first_time(at, event.row) > 0 {
                *cells.entry((first, month)).or_default() += 1;
            }
        }
    });
    batch(vec![
        ("first_month", Column::Text(cells.keys().map(|(first, _)| Some(month_text(*first))).collect())),
        ("month", Column::Text(cells.keys().map(|(_, month)| Some(month_text(*month))).collect())),
        ("people", Column::Count(cells.into_values().collect())),
    ])
}
