//! Identified readers and sharers beside WeChat's figures.

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

/// Number of members, and sum of their days, for reads and for shares.
type DaysOfMembers = [(i64, i64); 2];

/// `account_article_readers.sql`. The days of an article follow each other.
pub(super) fn account_article_readers(
    counts: &Counts,
    earliest: i64,
    days: &[ArticleDay],
) -> Result<RecordBatch, ArrowError> {
    let mut rows: Vec<(usize, DaysOfMembers)> = Vec::new();
    for days in days.chunk_by(|one, next| one.article == next.article) {
        let acts = days_of_members(counts, earliest, days);
        if acts.iter().any(|(members, _)| *members > 0) {
            rows.push((days[0].article, acts));
        }
    }
    let count = |of: fn(&DaysOfMembers) -> i64| Column::Count(rows.iter().map(|(_, acts)| of(acts)).collect());
    batch(vec![
        ("article", Column::Text(rows.iter().map(|(article, _)| Some(article.to_string())).collect())),
        ("readers", count(|acts| acts[0].0)),
        ("reader_days", count(|acts| acts[0].1)),
        ("sharers", count(|acts| acts[1].0)),
        ("sharer_days", count(|acts| acts[1].1)),
    ])
}

fn days_of_members(counts: &Counts, earliest: i64, days: &[ArticleDay]) -> DaysOfMembers {
    let Some(item) = days.first().and_then(|day| counts.columns.item_ids.number(&day.item)) else {
        return DaysOfMembers::default();
    };
    let zone = counts.options.zone;
    let starts = |day: NaiveDate| zone.midnight(day).timestamp_micros();
    let mut days: Vec<Micros> =
        days.iter().map(|day| (starts(day.day), starts(day.day.succ_opt().unwrap_or(day.day)))).collect();
    days.sort_unstable();
    days.dedup();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return DaysOfMembers::default() };
    let known = counts.known((first.0.max(earliest), last.1));
    // By row of the member and day.
    let mut acts: [Vec<(u32, u32)>; 2] = [Vec::new(), Vec::new()];
    counts.view.each_of_item(&counts.columns, item, known, |event| {
        let kind = match event.kind {
            Kind::Read => 0,
            Kind::Share => 1,
            _ => return,
        };
        let day = days.partition_point(|(start, _)| *start <= event.at).saturating_sub(1);
        if (days[day].0..days[day].1).contains(&event.at) {
            acts[kind].push((event.row as u32, day as u32));
        }
    });
    acts.map(|mut acts| {
        acts.sort_unstable();
        acts.dedup();
        (acts.chunk_by(|one, next| one.0 == next.0).count() as i64, acts.len() as i64)
    })
}
