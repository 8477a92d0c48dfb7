//! Identified readers and sharers beside WeChat's figures.

use std::collections::BTreeMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;

use super::Counts;
use super::batch::{Column, batch};
use super::days::{Days, Marks};
use super::member_days::each_day;
use super::view::Micros;
use crate::report::account::ArticleDay;
use crate::report::columns::{Kind, deed};

/// `account_sharers.sql`.
pub(super) fn account_sharers(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let days = Days::of(counts, period);
    let mut has_shared = Marks::new(days.dates.len(), counts.columns.members.ids.len());
    let mut sharers = vec![0; days.dates.len()];
    each_day(counts, &days, counts.known(period), deed::SHARED, |row, day, _| {
        sharers[day] += has_shared.first_time(day, row);
    });
    let rows: Vec<(NaiveDate, i64)> = days.dates.into_iter().zip(sharers).filter(|(_, sharers)| *sharers > 0).collect();
    batch(vec![
        ("day", Column::Text(rows.iter().map(|(day, _)| Some(day.to_string())).collect())),
        ("sharers", Column::Count(rows.iter().map(|(_, sharers)| *sharers).collect())),
    ])
}

/// Members by the number of their days, for reads and for shares.
type DaysOfMembers = [BTreeMap<usize, i64>; 2];

/// `account_article_readers.sql`. The days of an article follow each other.
pub(super) fn account_article_readers(
    counts: &Counts,
    earliest: i64,
    days: &[ArticleDay],
) -> Result<RecordBatch, ArrowError> {
    let mut rows: Vec<(usize, DaysOfMembers)> = Vec::new();
    for days in days.chunk_by(|one, next| one.article == next.article) {
        let acts = days_of_members(counts, earliest, days);
        if acts.iter().any(|days| !days.is_empty()) {
            rows.push((days[0].article, acts));
        }
    }
    let count = |of: fn(&DaysOfMembers) -> i64| Column::Count(rows.iter().map(|(_, acts)| of(acts)).collect());
    batch(vec![
        ("article", Column::Text(rows.iter().map(|(article, _)| Some(article.to_string())).collect())),
        ("readers", count(|acts| acts[0].len() as i64)),
        ("reader_days", count(|acts| acts[0].values().sum())),
        ("sharers", count(|acts| acts[1].len() as i64)),
        ("sharer_days", count(|acts| acts[1].values().sum())),
    ])
}

fn days_of_members(counts: &Counts, earliest: i64, days: &[ArticleDay]) -> DaysOfMembers {
    let mut of_members = DaysOfMembers::default();
    let Some(item) = days.first().and_then(|day| counts.columns.item_ids.number(&day.item)) else { return of_members };
    let zone = counts.options.zone;
    let starts = |day: NaiveDate| zone.midnight(day).timestamp_micros();
    let mut days: Vec<Micros> =
        days.iter().map(|day| (starts(day.day), starts(day.day.succ_opt().unwrap_or(day.day)))).collect();
    days.sort_unstable();
    days.dedup();
    for (from, to) in days {
        let mut has_acted = [std::collections::HashSet::new(), std::collections::HashSet::new()];
        let known = counts.known((from.max(earliest), to));
        counts.view.each_of_item(&counts.columns, item, known, |event| {
            let kind = match event.kind {
                Kind::Read => 0,
                Kind::Share => 1,
                _ => return,
            };
            if has_acted[kind].insert(event.row) {
                *of_members[kind].entry(event.row).or_default() += 1;
            }
        });
    }
    of_members
}
