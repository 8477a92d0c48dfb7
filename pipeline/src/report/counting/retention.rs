//! Members by the month of their first activity and the months in which they were active.

use std::collections::BTreeMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::DateTime;

use super::Counts;
use super::batch::{Column, batch};
use super::days::{Days, Marks};
use super::member_days::each_day;
use super::view::Micros;
use crate::report::columns::{Month, deed, month, month_text};

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
    let known = || counts.view.rows.iter().map(|&row| row as usize).filter(|&row| is_known(row));
    let months_of_known = || known().map(|row| members.first_month[row]);
    let (earliest, latest) = (months_of_known().min().unwrap_or(0), months_of_known().max().unwrap_or(0));
    // By first month: the members, then those active in each month.
    let columns = months.len() + 1;
    let mut people = vec![0_i64; usize::from(latest - earliest + 1) * columns];
    let place = |first: Month, column: usize| usize::from(first - earliest) * columns + column;
    months_of_known().for_each(|first| people[place(first, 0)] += 1);
    let mut is_active = Marks::new(months.len(), members.ids.len());
    let days = Days::of(counts, period);
    let month_of: Vec<usize> =
        days.starts().map(|day| months.partition_point(|(start, _)| *start <= day).saturating_sub(1)).collect();
    each_day(counts, &days, period, deed::ACTIVE, |row, day, _| {
        if is_known(row) {
            let at = month_of[day];
            let first = members.first_month[row];
            if months[at].1 > first {
                people[place(first, at + 1)] += is_active.first_time(at, row);
            }
        }
    });
    let mut cells: BTreeMap<(Month, Month), i64> = BTreeMap::new();
    for (first, people) in (earliest..=latest).zip(people.chunks(columns)) {
        let months = std::iter::once(first).chain(months.iter().map(|(_, month)| *month));
        cells.extend(
            months.zip(people).filter(|(_, people)| **people > 0).map(|(month, &people)| ((first, month), people)),
        );
    }
    batch(vec![
        ("first_month", Column::Text(cells.keys().map(|(first, _)| Some(month_text(*first))).collect())),
        ("month", Column::Text(cells.keys().map(|(_, month)| Some(month_text(*month))).collect())),
        ("people", Column::Count(cells.into_values().collect())),
    ])
}
