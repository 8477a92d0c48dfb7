//! Members by the days on which they did something, as pairs of one such day and the next.

use std::collections::HashMap;
use std::ops::Range;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{Datelike, NaiveDate};

use super::Counts;
use super::batch::{Column, batch};
use super::days::Days;
use super::member_days::{MemberByMember, days_of_files};
use super::sign_ups::{each_seat, raters};
use super::view::Micros;
use crate::report::columns::{MemberDay, Status, deed, sorted_days};
use crate::report::figures::DAY_OF_1970;

/// The first statistics are the bits of events, these are the others.
const SIGNERS: u16 = 1 << 8;
const ATTENDEES: u16 = 1 << 9;
const ABSENTEES: u16 = 1 << 10;
const CANCELLERS: u16 = 1 << 11;
const HOLDERS: u16 = 1 << 12;
const RATERS: u16 = 1 << 13;
const FIRST_ACTIVE: u16 = 1 << 14;

/// The statistics in the order of their bits.
const STATISTICS: [(&str, u16); 15] = [
    ("readers", deed::READ),
    ("timed_readers", deed::TIMED),
    ("measured_readers", deed::MEASURED),
    ("finishers", deed::FINISHED),
    ("active", deed::ACTIVE),
    ("sharers", deed::SHARED),
    ("pushed", deed::PUSHED),
    ("held_out", deed::HELD_OUT),
    ("signers", SIGNERS),
    ("attendees", ATTENDEES),
    ("absentees", ABSENTEES),
    ("cancellers", CANCELLERS),
    ("holders", HOLDERS),
    ("raters", RATERS),
    ("first_active", FIRST_ACTIVE),
];

const _: () = {
    let mut at = 0;
    while at < STATISTICS.len() {
        assert!(STATISTICS[at].1 == 1 << at, "not in the order of the bits");
        at += 1;
    }
};

/// The statistics of a day that are shown, by their bits.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
pub(super) enum DayStatistic {
    Readers = deed::READ,
    Signers = SIGNERS,
}

/// Pairs of days that are closer are counted in a list, others in a map.
const NEAR: usize = 512;
/// Maximum length of the list, 32 MB.
const MAX_NEAR: usize = 1 << 23;

/// `day_pairs.sql`.
pub(super) fn day_pairs(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let longer = counts.longer_pairs(period);
    let dates = Days::of(counts, period).dates;
    let place = |day: Option<&NaiveDate>| longer.dates.partition_point(|date| day.is_some_and(|day| date < day));
    let end = dates.last().and_then(NaiveDate::succ_opt);
    let days = place(dates.first())..place(end.as_ref());
    batch_of(&longer.rows(days), &longer.dates)
}

/// Visits the statistics of each member by day, from the first day with any on.
fn each_member(counts: &Counts, period: Micros, days: &Days, mut visit: impl FnMut(usize, &[u16])) {
    let (columns, members) = (&counts.columns, &counts.columns.members);
    let mut files = days_of_files(counts, days, counts.known(period), u16::MAX);
    let others = other_deeds(counts, period, days);
    files.push(sorted_days(others.len(), columns.member_ids.len(), |at| others[at]).into());
    drop(others);
    let mut files = MemberByMember::new(files);
    let mut of_days = vec![0_u16; days.dates.len()];
    for member in 0..columns.member_ids.len() as u32 {
        let Some(row) = counts.view.row(member) else { continue };
        let (mut first, mut last) = (usize::MAX, 0);
        let mut add = |day: usize, statistics: u16| {
            of_days[day] |= statistics;
            (first, last) = (first.min(day), last.max(day));
        };
        files.each_of(member, |day, deeds| add(day, deeds & !deed::BROKEN_OFF));
        if let Some(at) = members.first_active_at[row].filter(|at| (period.0..period.1).contains(at)) {
            add(days.place(at), FIRST_ACTIVE);
        }
        if first <= last {
            visit(first, &of_days[first..=last]);
            of_days[first..=last].fill(0);
        }
    }
}

/// Actions of members that are not in the columns of events: sign-ups, seats and ratings.
fn other_deeds(counts: &Counts, period: Micros, days: &Days) -> Vec<MemberDay> {
    let columns = &counts.columns;
    let mut deeds = Vec::new();
    let mut add = |row: usize, at: i64, statistics: u16| {
        deeds.push(MemberDay { member: columns.members.ids[row], day: days.place(at) as u16, deeds: statistics });
    };
    for sign_up in columns.sign_ups.within(period) {
        let Some(row) = counts.view.row(sign_up.member) else { continue };
        let statistics = match sign_up.status {
            Status::Attended => SIGNERS | ATTENDEES,
            Status::NoShow => SIGNERS | ABSENTEES,
            Status::Cancelled => CANCELLERS,
            Status::Registered | Status::Waitlisted | Status::Other => SIGNERS,
        };
        add(row, sign_up.at, statistics);
    }
    each_seat(counts, period, |row, starts_at, _| add(row, starts_at, HOLDERS));
    raters(counts, period).for_each(|(row, rating)| add(row, rating.at, RATERS));
    deeds
}

/// Number of people of each statistic by pair of days, of a period. Those of each shorter period follow from them.
pub(super) struct Pairs {
    dates: Vec<NaiveDate>,
    /// Number of days to the next one from which on pairs are in `far`.
    width: usize,
    /// By statistic and day.
    first: Vec<u32>,
    last: Vec<u32>,
    /// By statistic, earlier day and number of days to the next.
    near: Vec<u32>,
    far: HashMap<(usize, usize, usize), u32>,
}

/// Statistic, places of a day and of the next one, and people who did it on both and not in between.
type Row = (usize, Option<usize>, Option<usize>, u32);

impl Pairs {
    pub(super) fn count(counts: &Counts, period: Micros) -> Self {
        let days = Days::of(counts, period);
        let of_days = STATISTICS.len() * days.dates.len();
        let width = days.dates.len().min(NEAR).min(MAX_NEAR / of_days.max(1)).max(1);
        let mut pairs = Self {
            dates: days.dates.clone(),
            width,
            first: vec![0; of_days],
            last: vec![0; of_days],
            near: vec![0; of_days * width],
            far: HashMap::new(),
        };
        each_member(counts, period, &days, |first, of_days| pairs.add(first, of_days));
        pairs
    }

    /// People of a statistic on each day, of the days that have any.
    pub(super) fn people_by_day(&self, statistic: DayStatistic) -> HashMap<NaiveDate, i64> {
        let (n, statistic) = (self.dates.len(), (statistic as u16).trailing_zeros() as usize);
        let mut people: Vec<u32> = self.first[statistic * n..][..n].to_vec();
        for (before, near) in self.near[statistic * n * self.width..].chunks(self.width).take(n).enumerate() {
            // The width may reach beyond the last day.
            people[before..].iter_mut().zip(near).for_each(|(people, near)| *people += near);
        }
        let far = self.far.iter().filter(|((of, ..), _)| *of == statistic);
        far.for_each(|(&(_, _, day), &far)| people[day] += far);
        self.dates.iter().copied().zip(people.into_iter().map(i64::from)).filter(|(_, people)| *people > 0).collect()
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.near.len() + 2 * self.first.len()) * 4 + self.far.len() * 40
    }

    /// Adds the days of a member, from a first one on.
    fn add(&mut self, first: usize, of_days: &[u16]) {
        let (days, width) = (self.dates.len(), self.width);
        let mut before = [None::<usize>; STATISTICS.len()];
        // Most days of most members have nothing.
        let chunks = of_days.chunks(4).enumerate().filter(|(_, days)| *days != &[0; 4][..days.len()]);
        let all = chunks.flat_map(|(at, days)| days.iter().enumerate().map(move |(day, &bits)| (4 * at + day, bits)));
        for (at, statistics) in all {
            let (day, mut left) = (first + at, statistics);
            while left > 0 {
                let statistic = left.trailing_zeros() as usize;
                left &= left - 1;
                match before[statistic].replace(day) {
                    None => self.first[statistic * days + day] += 1,
                    Some(before) if day - before < width => {
                        self.near[(statistic * days + before) * width + day - before] += 1;
                    }
                    Some(before) => *self.far.entry((statistic, before, day)).or_default() += 1,
                }
            }
        }
        for (statistic, day) in before.iter().enumerate() {
            if let Some(day) = day {
                self.last[statistic * days + day] += 1;
            }
        }
    }

    /// The pairs of some of the days. A day is the first of them if the one before is earlier than all, and the last if the next
    /// one is later.
    fn rows(&self, days: Range<usize>) -> Vec<Row> {
        let n = self.dates.len();
        let (mut first, mut last) = (self.first.clone(), self.last.clone());
        let mut rows: Vec<Row> = Vec::new();
        let mut add = |statistic: usize, before: usize, day: usize, people: u32| match (
            days.contains(&before),
            days.contains(&day),
        ) {
            (true, true) => rows.push((statistic, Some(before), Some(day), people)),
            (false, true) => first[statistic * n + day] += people,
            (true, false) => last[statistic * n + before] += people,
            (false, false) => (),
        };
        for (at, near) in self.near.chunks(self.width.max(1)).enumerate().filter(|(at, _)| at % n < days.end) {
            let (statistic, before) = (at / n, at % n);
            for (gap, &people) in near.iter().enumerate().filter(|(_, people)| **people > 0) {
                add(statistic, before, before + gap, people);
            }
        }
        self.far.iter().for_each(|(&(statistic, before, day), &people)| add(statistic, before, day, people));
        for statistic in 0..STATISTICS.len() {
            rows.extend(days.clone().map(|day| (statistic, None, Some(day), first[statistic * n + day])));
            rows.extend(days.clone().map(|day| (statistic, Some(day), None, last[statistic * n + day])));
        }
        rows.retain(|(.., people)| *people > 0);
        rows
    }
}

fn batch_of(rows: &[Row], dates: &[NaiveDate]) -> Result<RecordBatch, ArrowError> {
    let numbers: Vec<i64> = dates.iter().map(|date| i64::from(date.num_days_from_ce() - DAY_OF_1970)).collect();
    let number = |day: fn(&Row) -> Option<usize>| {
        Column::Whole(rows.iter().map(|row| day(row).map(|day| numbers[day])).collect())
    };
    batch(vec![
        ("statistic", Column::Name(rows.iter().map(|row| STATISTICS[row.0].0).collect())),
        ("day_before", number(|row| row.1)),
        ("day", number(|row| row.2)),
        ("people", Column::Count(rows.iter().map(|row| i64::from(row.3)).collect())),
    ])
}
