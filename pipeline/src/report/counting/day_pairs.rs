//! Members by the days on which they did something, as pairs of one such day and the next.

use std::collections::HashMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::Datelike;

use super::Counts;
use super::batch::{Column, batch};
use super::days::Days;
use super::sign_ups::{capacity, raters};
use super::view::{Event, Micros};
use crate::report::columns::{Kind, Status};
use crate::report::figures::DAY_OF_1970;

const READERS: u16 = 1;
const TIMED_READERS: u16 = 1 << 1;
const MEASURED_READERS: u16 = 1 << 2;
const FINISHERS: u16 = 1 << 3;
const ACTIVE: u16 = 1 << 4;
const SHARERS: u16 = 1 << 5;
const PUSHED: u16 = 1 << 6;
const HELD_OUT: u16 = 1 << 7;
const SIGNERS: u16 = 1 << 8;
const ATTENDEES: u16 = 1 << 9;
const ABSENTEES: u16 = 1 << 10;
const CANCELLERS: u16 = 1 << 11;
const HOLDERS: u16 = 1 << 12;
const RATERS: u16 = 1 << 13;
const FIRST_ACTIVE: u16 = 1 << 14;

/// The statistics in the order of their bits.
const STATISTICS: [&str; 15] = [
    "readers",
    "timed_readers",
    "measured_readers",
    "finishers",
    "active",
    "sharers",
    "pushed",
    "held_out",
    "signers",
    "attendees",
    "absentees",
    "cancellers",
    "holders",
    "raters",
    "first_active",
];

/// Pairs of days that are closer are counted in a list, others in a map.
const NEAR: usize = 128;

/// `day_pairs.sql`.
pub(super) fn day_pairs(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let days = Days::of(counts, period);
    let mut pairs = Pairs::new(days.dates.len());
    each_member(counts, period, &days, |first, of_days| pairs.add(first, of_days));
    pairs.batch(&days)
}

/// Visits the statistics of each member by day, from the first day with any on.
fn each_member(counts: &Counts, period: Micros, days: &Days, mut visit: impl FnMut(usize, &[u16])) {
    // Sorted by member, because events are in the order of items: where each member's deeds end, then begin.
    let mut places = vec![0_u32; counts.columns.members.ids.len() + 1];
    each_deed(counts, period, |row, _, _| places[row] += 1);
    let mut total = 0;
    for place in &mut places {
        total += *place;
        *place = total;
    }
    let mut deeds = vec![(0_u16, 0_u16); total as usize];
    each_deed(counts, period, |row, at, statistics| {
        places[row] -= 1;
        deeds[places[row] as usize] = (days.place(at) as u16, statistics);
    });
    let mut of_days = vec![0_u16; days.dates.len()];
    for ends in places.windows(2) {
        let deeds = &deeds[ends[0] as usize..ends[1] as usize];
        let (mut first, mut last) = (usize::MAX, 0);
        for &(day, statistics) in deeds {
            let day = usize::from(day);
            of_days[day] |= statistics;
            (first, last) = (first.min(day), last.max(day));
        }
        if !deeds.is_empty() {
            visit(first, &of_days[first..=last]);
            of_days[first..=last].fill(0);
        }
    }
}

/// Visits what members did: the member's row, the instant and its statistics.
fn each_deed(counts: &Counts, (from, to): Micros, mut visit: impl FnMut(usize, i64, u16)) {
    let (columns, members) = (&counts.columns, &counts.columns.members);
    let is_within = |at: i64| (from..to).contains(&at);
    counts.view.each_event(columns, counts.known((from, to)), |_, event| {
        visit(event.row, event.at, statistics_of(event));
    });
    for sign_up in columns.sign_ups.iter() {
        let Some(row) = counts.view.row(sign_up.member) else { continue };
        if is_within(sign_up.at) {
            let statistics = match sign_up.status {
                Status::Attended => SIGNERS | ATTENDEES,
                Status::NoShow => SIGNERS | ABSENTEES,
                Status::Cancelled => CANCELLERS,
                Status::Registered | Status::Waitlisted | Status::Other => SIGNERS,
            };
            visit(row, sign_up.at, statistics);
        }
        if sign_up.is_seated()
            && capacity(counts, sign_up.activity, (from, to)).is_some()
            && let Some(starts_at) = columns.items.get(sign_up.activity).and_then(|item| item.starts_at)
        {
            visit(row, starts_at, HOLDERS);
        }
    }
    raters(counts, (from, to)).for_each(|(row, rating)| visit(row, rating.at, RATERS));
    for row in counts.view.rows.iter().map(|&row| row as usize) {
        if let Some(at) = members.first_active_at[row].filter(|&at| is_within(at)) {
            visit(row, at, FIRST_ACTIVE);
        }
    }
}

fn statistics_of(event: &Event<'_>) -> u16 {
    let only_if = |is_so: bool, statistic: u16| if is_so { statistic } else { 0 };
    match event.kind {
        Kind::Read => {
            let is_timed = only_if(event.seconds().is_some(), TIMED_READERS);
            let is_measured = only_if(event.is_measured(), MEASURED_READERS);
            READERS | ACTIVE | is_timed | is_measured | only_if(event.is_finished(), FINISHERS)
        }
        Kind::Share => ACTIVE | SHARERS,
        Kind::SignUp | Kind::Attended => ACTIVE,
        Kind::Push => PUSHED,
        Kind::HoldOut => HELD_OUT,
    }
}

/// Number of people of each statistic by pair of days.
struct Pairs {
    days: usize,
    /// By statistic and day.
    first: Vec<u32>,
    last: Vec<u32>,
    /// By statistic, earlier day and number of days to the next.
    near: Vec<u32>,
    far: HashMap<(usize, usize, usize), u32>,
}

impl Pairs {
    fn new(days: usize) -> Self {
        let of_days = STATISTICS.len() * days;
        Self {
            days,
            first: vec![0; of_days],
            last: vec![0; of_days],
            near: vec![0; of_days * NEAR],
            far: HashMap::new(),
        }
    }

    /// Adds the days of a member, from a first one on.
    fn add(&mut self, first: usize, of_days: &[u16]) {
        let mut before = [None::<usize>; STATISTICS.len()];
        for (at, &statistics) in of_days.iter().enumerate() {
            let (day, mut left) = (first + at, statistics);
            while left > 0 {
                let statistic = left.trailing_zeros() as usize;
                left &= left - 1;
                let of_statistic = statistic * self.days;
                match before[statistic].replace(day) {
                    None => self.first[of_statistic + day] += 1,
                    Some(before) if day - before < NEAR => {
                        self.near[(of_statistic + before) * NEAR + day - before] += 1;
                    }
                    Some(before) => *self.far.entry((statistic, before, day)).or_default() += 1,
                }
            }
        }
        for (statistic, day) in before.iter().enumerate() {
            if let Some(day) = day {
                self.last[statistic * self.days + day] += 1;
            }
        }
    }

    fn batch(&self, days: &Days) -> Result<RecordBatch, ArrowError> {
        type Row = (usize, Option<usize>, Option<usize>, u32);
        let mut rows: Vec<Row> = Vec::new();
        for at in 0..self.first.len() {
            let (statistic, day) = (at / self.days, at % self.days);
            rows.push((statistic, None, Some(day), self.first[at]));
            let near = self.near[at * NEAR..][..NEAR].iter().enumerate();
            rows.extend(near.map(|(gap, &people)| (statistic, Some(day), Some(day + gap), people)));
            rows.push((statistic, Some(day), None, self.last[at]));
        }
        rows.retain(|(.., people)| *people > 0);
        let far = self.far.iter();
        rows.extend(far.map(|(&(statistic, before, day), &people)| (statistic, Some(before), Some(day), people)));
        let numbers: Vec<i64> =
            days.dates.iter().map(|date| i64::from(date.num_days_from_ce() - DAY_OF_1970)).collect();
        let number = |day: fn(&Row) -> Option<usize>| {
            Column::Whole(rows.iter().map(|row| day(row).map(|day| numbers[day])).collect())
        };
        batch(vec![
            ("statistic", Column::Name(rows.iter().map(|row| STATISTICS[row.0]).collect())),
            ("day_before", number(|row| row.1)),
            ("day", number(|row| row.2)),
            ("people", Column::Count(rows.iter().map(|row| i64::from(row.3)).collect())),
        ])
    }
}
