//! Identified readers and sharers beside WeChat's figures.

use std::collections::BTreeSet;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Datelike, Months, NaiveDate};

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

/// The readers or sharers of an article.
#[derive(Debug, Clone, Copy, Default)]
struct People {
    /// On the days of WeChat's figures.
    members: i64,
    member_days: i64,
    /// On other days of the same months only.
    others: i64,
    /// Each once in each month.
    member_months: i64,
}

/// `account_article_readers.sql`. The days of an article follow each other.
pub(super) fn account_article_readers(
    counts: &Counts,
    earliest: i64,
    days: &[ArticleDay],
) -> Result<RecordBatch, ArrowError> {
    let mut rows: Vec<(usize, [People; 2])> = Vec::new();
    for days in days.chunk_by(|one, next| one.article == next.article) {
        let people = people_of_article(counts, earliest, days);
        if people.iter().any(|people| people.member_months > 0) {
            rows.push((days[0].article, people));
        }
    }
    let count = |of: fn(&[People; 2]) -> i64| Column::Count(rows.iter().map(|(_, people)| of(people)).collect());
    batch(vec![
        ("article", Column::Text(rows.iter().map(|(article, _)| Some(article.to_string())).collect())),
        ("readers", count(|people| people[0].members)),
        ("reader_days", count(|people| people[0].member_days)),
        ("other_readers", count(|people| people[0].others)),
        ("reader_months", count(|people| people[0].member_months)),
        ("sharers", count(|people| people[1].members)),
        ("sharer_days", count(|people| people[1].member_days)),
        ("other_sharers", count(|people| people[1].others)),
        ("sharer_months", count(|people| people[1].member_months)),
    ])
}

fn people_of_article(counts: &Counts, earliest: i64, days: &[ArticleDay]) -> [People; 2] {
    let Some(item) = days.first().and_then(|day| counts.columns.item_ids.number(&day.item)) else {
        return Default::default();
    };
    let zone = counts.options.zone;
    let compared: BTreeSet<NaiveDate> = days.iter().map(|day| day.day).collect();
    let (Some(first), Some(last)) = (compared.first(), compared.last()) else { return Default::default() };
    let from = zone.midnight(month_start(*first)).timestamp_micros();
    let to = month_start(*last).checked_add_months(Months::new(1)).map(|day| zone.midnight(day).timestamp_micros());
    let known = counts.known((from.max(earliest), to.unwrap_or(i64::MAX)));
    // By row of the member, and day.
    let mut acts: [Vec<(u32, NaiveDate)>; 2] = [Vec::new(), Vec::new()];
    counts.view.each_of_item(&counts.columns, item, known, |event| {
        let kind = match event.kind {
            Kind::Read => 0,
            Kind::Share => 1,
            _ => return,
        };
        let at = DateTime::from_timestamp_micros(event.at).unwrap_or_default();
        acts[kind].push((event.row as u32, zone.day(at)));
    });
    acts.map(|mut acts| {
        acts.sort_unstable();
        acts.dedup();
        let mut people = People::default();
        for days in acts.chunk_by(|one, next| one.0 == next.0) {
            let of_member = days.iter().filter(|(_, day)| compared.contains(day)).count();
            people.members += i64::from(of_member > 0);
            people.others += i64::from(of_member == 0);
            people.member_days += of_member as i64;
            let is_same_month =
                |one: &(u32, NaiveDate), next: &(u32, NaiveDate)| month_start(one.1) == month_start(next.1);
            people.member_months += days.chunk_by(is_same_month).count() as i64;
        }
        people
    })
}

fn month_start(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}
