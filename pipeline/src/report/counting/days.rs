//! Reads and sign-ups by day and by hour of the week, and members by the number of their days.

use std::collections::BTreeMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use zhihui_data::Zone;

use super::Counts;
use super::batch::{Column, batch};
use super::member_days::each_day;
use super::view::Micros;
use crate::report::columns::{Kind, deed};

/// Length of most days in microseconds.
const DAY: i64 = 86_400_000_000;
/// Offsets of time zones are multiples of this.
const QUARTER_HOUR: i64 = 900_000_000;
const WEEK_HOURS: usize = 7 * 24;

/// People and person-times of a day.
#[derive(Debug, Clone, Copy, Default)]
struct DayCounts {
    readers: i64,
    reads: i64,
    sign_up_members: i64,
    sign_ups: i64,
}

/// `daily.sql`.
pub(super) fn daily(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let days = Days::of(counts, period);
    let mut of_day = vec![DayCounts::default(); days.dates.len()];
    add_reads(counts, &days, counts.known(period), &mut of_day);
    let sign_ups = counts.columns.sign_ups.within(period).iter().filter(|sign_up| !sign_up.is_cancelled());
    for sign_up in sign_ups.filter(|sign_up| counts.view.row(sign_up.member).is_some()) {
        of_day[days.place(sign_up.at)].sign_ups += 1;
    }
    let of_whole_days = days.are_whole(counts, period).then(|| counts.readers_and_signers(period)).flatten();
    match of_whole_days {
        Some([readers, signers]) => {
            for (date, of_day) in days.dates.iter().zip(&mut of_day) {
                of_day.readers = readers.get(date).copied().unwrap_or_default();
                of_day.sign_up_members = signers.get(date).copied().unwrap_or_default();
            }
        }
        None => add_people(counts, &days, period, &mut of_day),
    }
    let rows: Vec<(NaiveDate, DayCounts)> =
        days.dates.into_iter().zip(of_day).filter(|(_, day)| day.reads > 0 || day.sign_ups > 0).collect();
    let number = |count: fn(&DayCounts) -> i64| Column::Count(rows.iter().map(|(_, day)| count(day)).collect());
    batch(vec![
        ("day", Column::Text(rows.iter().map(|(date, _)| Some(date.to_string())).collect())),
        ("readers", number(|day| day.readers)),
        ("reads", number(|day| day.reads)),
        ("sign_up_members", number(|day| day.sign_up_members)),
        ("sign_ups", number(|day| day.sign_ups)),
    ])
}

/// Adds the people of each day.
fn add_people(counts: &Counts, days: &Days, period: Micros, of_day: &mut [DayCounts]) {
    let n_members = counts.columns.members.ids.len();
    // Days come member by member.
    let mut has_read = Marks::new(n_members, days.dates.len());
    each_day(counts, days, counts.known(period), deed::READ, |row, day, _| {
        of_day[day].readers += has_read.first_time(row, day);
    });
    let mut has_signed_up = Marks::new(days.dates.len(), n_members);
    for sign_up in counts.columns.sign_ups.within(period).iter().filter(|sign_up| !sign_up.is_cancelled()) {
        if let Some(row) = counts.view.row(sign_up.member) {
            let day = days.place(sign_up.at);
            of_day[day].sign_up_members += has_signed_up.first_time(day, row);
        }
    }
}

/// Adds the numbers of reads: sums of days where a report is about all members and whole days, else event by event.
fn add_reads(counts: &Counts, days: &Days, period: Micros, of_day: &mut [DayCounts]) {
    let columns = &counts.columns;
    let is_whole = counts.view.rows.len() == columns.members.ids.len();
    for (events, kept) in columns.events.iter().zip(&columns.days).filter(|(events, _)| events.overlaps(period)) {
        let kept = kept.as_ref().filter(|_| is_whole);
        match kept.and_then(|kept| Some((kept, kept.totals.as_ref()?, kept.within(events, period)?))) {
            Some((kept, totals, within)) => {
                for at in within {
                    of_day[days.place(kept.starts[at].max(period.0))].reads += i64::from(totals.of_day[at].reads);
                }
            }
            None => counts.view.each_of_file(events, period, |_, event| {
                of_day[days.place(event.at)].reads += i64::from(event.kind == Kind::Read);
            }),
        }
    }
}

/// `active_days.sql`, from events instead of days of members.
pub(super) fn active_days(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let actions = counts.actions(period);
    let of_member = actions.active_days.iter().filter(|&&days| days > 0);
    let mut people: BTreeMap<i64, i64> = BTreeMap::new();
    of_member.for_each(|&days| *people.entry(i64::from(days)).or_default() += 1);
    batch(vec![
        ("active_days", Column::Count(people.keys().copied().collect())),
        ("people", Column::Count(people.into_values().collect())),
    ])
}

/// `hours.sql`.
pub(super) fn hours(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let known = counts.known(period);
    let first = known.0.div_euclid(QUARTER_HOUR);
    let quarters = first..=known.1.div_euclid(QUARTER_HOUR).max(first);
    let hour_of: Vec<usize> = quarters.map(|quarter| week_hour(counts.options.zone, quarter * QUARTER_HOUR)).collect();
    let mut has_read = Marks::new(WEEK_HOURS, counts.columns.members.ids.len());
    let mut of_hour = vec![(0_i64, 0_i64); WEEK_HOURS];
    counts.view.each_event(&counts.columns, known, |_, event| {
        if event.kind == Kind::Read {
            let hour = hour_of[(event.at.div_euclid(QUARTER_HOUR) - first) as usize];
            of_hour[hour].0 += has_read.first_time(hour, event.row);
            of_hour[hour].1 += 1;
        }
    });
    let rows: Vec<(usize, (i64, i64))> = of_hour.into_iter().enumerate().filter(|(_, (_, reads))| *reads > 0).collect();
    batch(vec![
        ("week_hour", Column::Count(rows.iter().map(|(hour, _)| *hour as i64).collect())),
        ("readers", Column::Count(rows.iter().map(|(_, (readers, _))| *readers).collect())),
        ("reads", Column::Count(rows.iter().map(|(_, (_, reads))| *reads).collect())),
    ])
}

/// Hours since Monday 0:00 of an instant.
fn week_hour(zone: Zone, at: i64) -> usize {
    let local = zone.local(DateTime::from_timestamp_micros(at).unwrap_or_default());
    (24 * local.weekday().num_days_from_monday() + local.hour()) as usize
}

/// The days of a period.
pub(super) struct Days {
    pub(super) dates: Vec<NaiveDate>,
    /// First instants, of which the first is the period's.
    starts: Vec<i64>,
}

impl Days {
    pub(super) fn of(counts: &Counts, (from, to): Micros) -> Self {
        let zone = counts.options.zone;
        let mut days = Self { dates: Vec::new(), starts: Vec::new() };
        let mut start = from;
        while start < to {
            let date = DateTime::from_timestamp_micros(start).map(|at| zone.day(at)).unwrap_or_default();
            days.dates.push(date);
            days.starts.push(start);
            let Some(next) = date.succ_opt() else { break };
            start = zone.midnight(next).timestamp_micros();
        }
        days
    }

    /// Whether each day of the period has all that is known of it.
    fn are_whole(&self, counts: &Counts, (from, to): Micros) -> bool {
        let midnight = |date: NaiveDate| counts.options.zone.midnight(date).timestamp_micros();
        let end = self.dates.last().and_then(NaiveDate::succ_opt).map(midnight);
        self.dates.first().is_some_and(|first| midnight(*first) == from)
            && (end == Some(to) || to >= counts.options.as_of)
    }

    /// First instants of the days.
    pub(super) fn starts(&self) -> impl Iterator<Item = i64> {
        self.starts.iter().copied()
    }

    /// The place of an instant of the period.
    pub(super) fn place(&self, at: i64) -> usize {
        let first = self.starts.first().copied().unwrap_or(at);
        let mut place = (((at - first) / DAY) as usize).min(self.starts.len().saturating_sub(1));
        while self.starts.get(place).is_some_and(|start| *start > at) {
            place -= 1;
        }
        while self.starts.get(place + 1).is_some_and(|start| *start <= at) {
            place += 1;
        }
        place
    }
}

/// A table of bits. Marks of one row that follow one another are near in memory.
pub(super) struct Marks {
    bits: Vec<u64>,
    words: usize,
}

impl Marks {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let words = columns.div_ceil(64);
        Self { bits: vec![0; rows * words], words }
    }

    /// Sets the bit. 1 if it was not set, else 0.
    #[inline]
    pub(super) fn first_time(&mut self, row: usize, column: usize) -> i64 {
        let (word, bit) = (&mut self.bits[row * self.words + column / 64], 1_u64 << (column % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        i64::from(is_new)
    }
}
