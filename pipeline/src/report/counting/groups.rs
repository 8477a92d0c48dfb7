//! People by union, age band and district, and by what they did and did not do.

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch};
use super::people::action::*;
use super::sign_ups::{raters, seat_holders};
use super::view::Micros;
use crate::report::columns::{SignUp, Status};

/// What a member's sign-ups in a period say, as bits.
mod signed {
    pub(super) const UP: u16 = 1;
    pub(super) const ATTENDED: u16 = 1 << 1;
    pub(super) const NOT_ATTENDED: u16 = 1 << 2;
    pub(super) const ABSENT: u16 = 1 << 3;
    pub(super) const PENDING: u16 = 1 << 4;
    pub(super) const CANCELLED: u16 = 1 << 5;
    pub(super) const SEAT: u16 = 1 << 6;
    pub(super) const RATED: u16 = 1 << 7;
}

/// A member in a period.
#[derive(Clone, Copy)]
struct Person {
    actions: u16,
    signed: u16,
    follows: bool,
    personalised: bool,
    is_first_active: bool,
}

impl Person {
    const BITS: u32 = 21;

    /// A number below 2 to the power of [`Self::BITS`].
    fn number(self) -> usize {
        let flags = [self.follows, self.personalised, self.is_first_active].map(usize::from);
        usize::from(self.actions) | usize::from(self.signed) << 10 | flags[0] << 18 | flags[1] << 19 | flags[2] << 20
    }

    /// One bit for each statistic that counts the person.
    fn statistics(self) -> u64 {
        STATISTICS.iter().enumerate().map(|(at, (_, counts))| u64::from(counts(self)) << at).sum()
    }

    fn did(self, bits: u16) -> bool {
        self.actions & bits == bits
    }

    fn has(self, bits: u16) -> bool {
        self.signed & bits > 0
    }
}

/// A name and who counts.
type Statistic = (&'static str, fn(Person) -> bool);

/// The statistics in the order of `groups.sql`.
const STATISTICS: &[Statistic] = &[
    ("members", |_| true),
    ("reachable", |person| person.follows),
    ("unreachable", |person| !person.follows),
    ("opted_in", |person| person.personalised),
    ("opted_out", |person| !person.personalised),
    ("active", |person| person.did(IS_ACTIVE)),
    ("inactive", |person| !person.did(IS_ACTIVE)),
    ("first_active", |person| person.is_first_active),
    ("active_before", |person| person.did(IS_ACTIVE) && !person.is_first_active),
    ("still_active", |person| person.did(IS_ACTIVE | WAS_ACTIVE)),
    ("active_again", |person| person.did(IS_ACTIVE) && !person.did(WAS_ACTIVE) && !person.is_first_active),
    ("gone_quiet", |person| !person.did(IS_ACTIVE) && person.did(WAS_ACTIVE)),
    ("stayed_quiet", |person| !person.did(IS_ACTIVE) && !person.did(WAS_ACTIVE)),
    ("readers", |person| person.did(HAS_READ)),
    ("non_readers", |person| person.did(IS_ACTIVE) && !person.did(HAS_READ)),
    ("timed_readers", |person| person.did(IS_TIMED)),
    ("measured_readers", |person| person.did(IS_MEASURED)),
    ("finishers", |person| person.did(HAS_FINISHED)),
    ("unfinished_readers", |person| person.did(HAS_BROKEN_OFF)),
    ("sharing_readers", |person| person.did(HAS_READ | HAS_SHARED)),
    ("keeping_readers", |person| person.did(HAS_READ) && !person.did(HAS_SHARED)),
    ("sharing_others", |person| !person.did(HAS_READ) && person.did(HAS_SHARED)),
    ("other_active", |person| person.did(IS_ACTIVE) && !person.did(HAS_READ) && !person.did(HAS_SHARED)),
    ("sharers", |person| person.did(HAS_SHARED)),
    ("non_sharers", |person| person.did(IS_ACTIVE) && !person.did(HAS_SHARED)),
    ("signers", |person| person.has(signed::UP)),
    ("non_signers", |person| !person.has(signed::UP)),
    ("attendees", |person| person.has(signed::ATTENDED)),
    ("non_attendees", |person| person.has(signed::NOT_ATTENDED)),
    ("absentees", |person| person.has(signed::ABSENT)),
    ("pending", |person| person.has(signed::PENDING)),
    ("cancellers", |person| person.has(signed::CANCELLED)),
    ("holders", |person| person.has(signed::SEAT)),
    ("non_holders", |person| !person.has(signed::SEAT)),
    ("pushed", |person| person.did(IS_PUSHED)),
    ("not_pushed", |person| !person.did(IS_PUSHED)),
    ("held_out", |person| person.did(IS_HELD_OUT)),
    ("not_held_out", |person| !person.did(IS_HELD_OUT)),
    ("raters", |person| person.has(signed::RATED)),
];

/// `groups.sql`.
pub(super) fn groups(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let (members, actions) = (&counts.columns.members, counts.actions(period));
    let signed = signed_bits(counts, period);
    // Many members are alike, so the statistics of each kind of person are decided once.
    let mut known = vec![0; 1 << Person::BITS];
    let mut totals = vec![[0; STATISTICS.len()]; members.groups.len()];
    for row in counts.view.rows.iter().map(|&row| row as usize) {
        let person = Person {
            actions: actions.of_member[row],
            signed: signed[row],
            follows: members.follows[row],
            personalised: members.personalised[row] == Some(true),
            is_first_active: members.first_active_at[row].is_some_and(|at| (period.0..period.1).contains(&at)),
        };
        let statistics = &mut known[person.number()];
        if *statistics == 0 {
            *statistics = person.statistics();
        }
        let totals = &mut totals[members.group_of[row] as usize];
        let mut left: u64 = *statistics;
        while left > 0 {
            totals[left.trailing_zeros() as usize] += 1;
            left &= left - 1;
        }
    }
    // The first statistic counts all members.
    let shown: Vec<usize> = (0..totals.len()).filter(|&group| totals[group][0] > 0).collect();
    let texts: Vec<[Option<String>; 3]> = shown.iter().map(|&group| members.group_texts(group)).collect();
    let text = |at: usize| Column::Text(texts.iter().map(|texts| texts[at].clone()).collect());
    let mut columns = vec![("union_id", text(0)), ("age_band", text(1)), ("district", text(2))];
    columns.extend(
        STATISTICS
            .iter()
            .enumerate()
            .map(|(at, (name, _))| (*name, Column::Count(shown.iter().map(|&group| totals[group][at]).collect()))),
    );
    batch(columns)
}

fn signed_bits(counts: &Counts, (from, to): Micros) -> Vec<u16> {
    let mut bits = vec![0; counts.columns.members.ids.len()];
    for sign_up in counts.columns.sign_ups.iter().filter(|sign_up| (from..to).contains(&sign_up.at)) {
        if let Some(row) = counts.view.row(sign_up.member) {
            bits[row] |= bits_of(sign_up);
        }
    }
    seat_holders(counts, (from, to)).keys().for_each(|&row| bits[row] |= signed::SEAT);
    raters(counts, (from, to)).for_each(|(row, _)| bits[row] |= signed::RATED);
    bits
}

fn bits_of(sign_up: &SignUp) -> u16 {
    match sign_up.status {
        Status::Registered | Status::Waitlisted => signed::UP | signed::NOT_ATTENDED | signed::PENDING,
        Status::Attended => signed::UP | signed::ATTENDED,
        Status::NoShow => signed::UP | signed::NOT_ATTENDED | signed::ABSENT,
        Status::Cancelled => signed::CANCELLED,
        Status::Other => signed::UP,
    }
}
