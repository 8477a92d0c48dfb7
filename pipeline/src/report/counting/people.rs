//! Members by what they did in a period.

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch, figures};
use super::days::{Days, Marks};
use super::member_days::each_day;
use super::view::Micros;
use crate::report::columns::{Kind, deed};

/// What a member did in a period, as bits.
pub(super) mod action {
    pub(in crate::report::counting) const IS_ACTIVE: u16 = 1;
    /// Active in the period just before.
    pub(in crate::report::counting) const WAS_ACTIVE: u16 = 1 << 1;
    pub(in crate::report::counting) const HAS_READ: u16 = 1 << 2;
    pub(in crate::report::counting) const IS_TIMED: u16 = 1 << 3;
    pub(in crate::report::counting) const IS_MEASURED: u16 = 1 << 4;
    pub(in crate::report::counting) const HAS_FINISHED: u16 = 1 << 5;
    pub(in crate::report::counting) const HAS_BROKEN_OFF: u16 = 1 << 6;
    pub(in crate::report::counting) const HAS_SHARED: u16 = 1 << 7;
    pub(in crate::report::counting) const IS_PUSHED: u16 = 1 << 8;
    pub(in crate::report::counting) const IS_HELD_OUT: u16 = 1 << 9;
}
use action::*;

/// Actions of the members in view in a period.
#[derive(Debug, Default)]
pub(super) struct PeriodActions {
    /// Bits of [`action`] by row of the member.
    pub(super) of_member: Vec<u16>,
    /// Number of days on which a member was active, by row.
    pub(super) active_days: Vec<u16>,
    reads: i64,
    measured_reads: i64,
    finished_reads: i64,
    shares: i64,
    pushes: i64,
    articles_read: i64,
    /// Known reading times in seconds, each with the number of reads.
    seconds: Vec<(f64, u64)>,
}

impl PeriodActions {
    pub(super) fn count(counts: &Counts, period: Micros) -> Self {
        let n_members = counts.columns.members.ids.len();
        let mut actions = Self { of_member: vec![0; n_members], active_days: vec![0; n_members], ..Self::default() };
        let before = counts.known((counts.before_from(period), period.0));
        if before.0 < before.1 {
            each_day(counts, &Days::of(counts, before), before, deed::ACTIVE, |row, _, _| {
                actions.of_member[row] |= WAS_ACTIVE;
            });
        }
        let days = Days::of(counts, period);
        let mut is_active = Marks::new(n_members, days.dates.len());
        each_day(counts, &days, counts.known(period), u16::MAX, |row, day, deeds| {
            actions.of_member[row] |= actions_of(deeds);
            if deeds & deed::ACTIVE > 0 {
                actions.active_days[row] += is_active.first_time(row, day) as u16;
            }
        });
        actions.add_totals(counts, counts.known(period));
        actions
    }

    /// Adds the numbers of events: sums of days where a report is about all members and whole days, else event by event.
    fn add_totals(&mut self, counts: &Counts, period: Micros) {
        let columns = &counts.columns;
        let is_whole = counts.view.rows.len() == columns.members.ids.len();
        let mut is_read = vec![false; columns.item_ids.len()];
        for (events, days) in columns.events.iter().zip(&columns.days).filter(|(events, _)| events.overlaps(period)) {
            let days = days.as_ref().filter(|_| is_whole);
            let of_days = days.and_then(|days| Some((days.totals.as_ref()?, days.within(events, period)?)));
            match (of_days, events.seconds.values()) {
                (Some((totals, within)), Some(values)) => {
                    for day in &totals.of_day[within.clone()] {
                        self.reads += i64::from(day.reads);
                        self.measured_reads += i64::from(day.measured_reads);
                        self.finished_reads += i64::from(day.finished_reads);
                        self.shares += i64::from(day.shares);
                        self.pushes += i64::from(day.pushes);
                    }
                    let mut reads = vec![0_u64; values.len()];
                    for day in totals.seconds[within.start * values.len()..within.end * values.len()]
                        .chunks(values.len().max(1))
                    {
                        reads.iter_mut().zip(day).for_each(|(reads, of_day)| *reads += u64::from(*of_day));
                    }
                    self.seconds.extend(values.iter().copied().zip(reads).filter(|(_, reads)| *reads > 0));
                    for (item, days) in &totals.read_items {
                        is_read[*item as usize] |= within.clone().any(|day| days[day / 64] >> (day % 64) & 1 == 1);
                    }
                }
                _ => {
                    let values = events.seconds.values().unwrap_or_default();
                    let mut reads = vec![0; values.len()];
                    counts.view.each_of_file(events, period, |item, event| match event.kind {
                        Kind::Read => {
                            self.reads += 1;
                            is_read[item as usize] = true;
                            match event.place_of_seconds() {
                                Some(place) => reads[place] += 1,
                                None => self.seconds.extend(event.seconds().map(|seconds| (seconds, 1))),
                            }
                            self.measured_reads += i64::from(event.is_measured());
                            self.finished_reads += i64::from(event.is_finished());
                        }
                        Kind::Share => self.shares += 1,
                        Kind::Push => self.pushes += 1,
                        Kind::HoldOut | Kind::SignUp | Kind::Attended => (),
                    });
                    self.seconds.extend(values.iter().copied().zip(reads).filter(|(_, reads)| *reads > 0));
                }
            }
        }
        self.articles_read = is_read.iter().filter(|&&is_read| is_read).count() as i64;
    }

    /// Number of members with all of these bits.
    fn members(&self, bits: u16) -> i64 {
        self.of_member.iter().filter(|&&of_member| of_member & bits == bits).count() as i64
    }
}

/// The bits of [`action`] for those of [`deed`].
fn actions_of(deeds: u16) -> u16 {
    const SAME: [(u16, u16); 8] = [
        (deed::ACTIVE, IS_ACTIVE),
        (deed::READ, HAS_READ),
        (deed::TIMED, IS_TIMED),
        (deed::MEASURED, IS_MEASURED),
        (deed::FINISHED, HAS_FINISHED),
        (deed::BROKEN_OFF, HAS_BROKEN_OFF),
        (deed::SHARED, HAS_SHARED),
        (deed::PUSHED, IS_PUSHED),
    ];
    let same = SAME.iter().fold(0, |bits, (deed, action)| bits | if deeds & deed > 0 { *action } else { 0 });
    same | if deeds & deed::HELD_OUT > 0 { IS_HELD_OUT } else { 0 }
}

/// `membership.sql`.
pub(super) fn membership(counts: &Counts, (from, to): Micros) -> Result<RecordBatch, ArrowError> {
    let members = &counts.columns.members;
    let number = |is_counted: &dyn Fn(usize) -> bool| {
        counts.view.rows.iter().filter(|&&row| is_counted(row as usize)).count() as i64
    };
    let is_new = |row: usize| members.first_active_at[row].is_some_and(|at| (from..to).contains(&at));
    figures(&[
        ("members", number(&|_| true)),
        ("reachable_members", number(&|row| members.follows[row])),
        ("opt_outs", number(&|row| members.personalised[row] == Some(false))),
        ("new_members", number(&is_new)),
    ])
}

/// `totals.sql`.
pub(super) fn totals(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let actions = counts.actions(period);
    figures(&[
        ("active_members", actions.members(IS_ACTIVE)),
        ("readers", actions.members(HAS_READ)),
        ("reads", actions.reads),
        ("measured_reads", actions.measured_reads),
        ("finished_reads", actions.finished_reads),
        ("sharers", actions.members(HAS_SHARED)),
        ("sharing_readers", actions.members(HAS_READ | HAS_SHARED)),
        ("shares", actions.shares),
        ("pushed_members", actions.members(IS_PUSHED)),
        ("pushes", actions.pushes),
        ("held_out_members", actions.members(IS_HELD_OUT)),
    ])
}

/// `lifecycle.sql`.
pub(super) fn lifecycle(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (actions, first) = (counts.actions(period), &counts.columns.members.first_active_at);
    let [mut returning, mut resurrected, mut dormant] = [0; 3];
    for (bits, first) in actions.of_member.iter().zip(first) {
        match (bits & IS_ACTIVE > 0, bits & WAS_ACTIVE > 0) {
            (true, true) => returning += 1,
            (true, false) => resurrected += i64::from(first.is_some_and(|first| first < period.0)),
            (false, true) => dormant += 1,
            (false, false) => (),
        }
    }
    figures(&[("returning_members", returning), ("resurrected_members", resurrected), ("dormant_members", dormant)])
}

/// `shown.sql`.
pub(super) fn shown(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (columns, (from, to)) = (&counts.columns, counts.known(period));
    let mut is_member = vec![false; columns.members.ids.len()];
    let mut is_item = vec![false; columns.item_ids.len()];
    let shown = columns.shown.iter().filter(|shown| shown.times.0 < to && shown.times.1 >= from);
    for &(member, item, at) in shown.flat_map(|shown| &shown.rows) {
        if let Some(row) = counts.view.row(member).filter(|_| (from..to).contains(&at)) {
            is_member[row] = true;
            is_item[item as usize] = true;
        }
    }
    let number = |marks: &[bool]| marks.iter().filter(|&&is_marked| is_marked).count() as i64;
    figures(&[
        ("shown_members", number(&is_member)),
        ("not_shown_members", counts.view.rows.len() as i64 - number(&is_member)),
        ("shown_items", number(&is_item)),
    ])
}

/// `reading.sql`.
pub(super) fn reading(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let actions = counts.actions(period);
    let median = median_of_counted(actions.seconds.clone());
    batch(vec![
        ("dwell_seconds", Column::Number(vec![median])),
        ("articles_read", Column::Count(vec![actions.articles_read])),
    ])
}

/// The exact median, the mean of the two middle values of an even number.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = if is_even { below.iter().copied().max_by(f64::total_cmp).unwrap_or(upper) } else { upper };
    Some((lower + upper) / 2.0)
}

/// The same of values with the number of times they are there.
fn median_of_counted(mut values: Vec<(f64, u64)>) -> Option<f64> {
    values.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
    let n: u64 = values.iter().map(|(_, times)| times).sum();
    let at = |place: u64| {
        let mut before = 0;
        values.iter().find_map(|(value, times)| {
            before += times;
            (place < before).then_some(*value)
        })
    };
    Some((at(n.checked_sub(1)? / 2)? + at(n / 2)?) / 2.0)
}
