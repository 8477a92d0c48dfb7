//! Members by what they did in a period.

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch, figures};
use super::view::Micros;
use crate::report::columns::Kind;

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
    reads: i64,
    measured_reads: i64,
    finished_reads: i64,
    shares: i64,
    pushes: i64,
    articles_read: i64,
    /// Known reading times in seconds.
    seconds: Vec<f64>,
}

impl PeriodActions {
    pub(super) fn count(counts: &Counts, period: Micros) -> Self {
        let mut actions = Self { of_member: vec![0; counts.columns.members.ids.len()], ..Self::default() };
        let mut is_read = vec![false; counts.columns.item_ids.len()];
        let known = counts.known((counts.before_from(period), period.1));
        counts.view.each_event(&counts.columns, known, |item, event| {
            let bits = &mut actions.of_member[event.row];
            if event.at < period.0 {
                *bits |= if event.kind.is_activity() { WAS_ACTIVE } else { 0 };
                return;
            }
            *bits |= if event.kind.is_activity() { IS_ACTIVE } else { 0 };
            match event.kind {
                Kind::Read => {
                    *bits |= HAS_READ;
                    actions.reads += 1;
                    is_read[item as usize] = true;
                    if let Some(seconds) = event.seconds() {
                        *bits |= IS_TIMED;
                        actions.seconds.push(seconds);
                    }
                    if event.is_measured() {
                        let is_finished = event.is_finished();
                        *bits |= IS_MEASURED | if is_finished { HAS_FINISHED } else { HAS_BROKEN_OFF };
                        actions.measured_reads += 1;
                        actions.finished_reads += i64::from(is_finished);
                    }
                }
                Kind::Share => {
                    *bits |= HAS_SHARED;
                    actions.shares += 1;
                }
                Kind::Push => {
                    *bits |= IS_PUSHED;
                    actions.pushes += 1;
                }
                Kind::HoldOut => *bits |= IS_HELD_OUT,
                Kind::SignUp | Kind::Attended => (),
            }
        });
        actions.articles_read = is_read.iter().filter(|&&is_read| is_read).count() as i64;
        actions
    }

    /// Number of members with all of these bits.
    fn members(&self, bits: u16) -> i64 {
        self.of_member.iter().filter(|&&of_member| of_member & bits == bits).count() as i64
    }
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
    for &(member, item, at) in columns.shown.iter().flat_map(|shown| &shown.rows) {
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
    let median = median(actions.seconds.clone());
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
