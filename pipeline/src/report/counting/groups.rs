//! People by union, age band and district, and by what they did and did not do.

use std::sync::Arc;

use super::Counts;
use super::people::action::*;
use super::sign_ups::{each_seat, raters};
use super::view::Micros;
use crate::report::columns::{MemberColumns, SignUp, Status};

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
    was_ever_active: bool,
}

impl Person {
    const BITS: u32 = 22;

    /// A number below 2 to the power of [`Self::BITS`].
    fn number(self) -> usize {
        let flags = [self.follows, self.personalised, self.is_first_active, self.was_ever_active];
        let flags = flags.into_iter().enumerate().map(|(at, flag)| usize::from(flag) << (18 + at)).sum::<usize>();
        usize::from(self.actions) | usize::from(self.signed) << 10 | flags
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
    ("lapsed", |person| !person.did(IS_ACTIVE) && person.was_ever_active),
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
    ("never_attendees", |person| person.has(signed::UP) && !person.has(signed::ATTENDED)),
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
    ("non_raters", |person| !person.has(signed::RATED)),
];

/// The members in view, each with the statistics of a period that count them.
pub(in crate::report) struct GroupPeople {
    members: Arc<MemberColumns>,
    /// One bit for each statistic, by row of the member. The first is set for all members in view.
    statistics: Vec<u64>,
    totals: [u64; STATISTICS.len()],
}

impl GroupPeople {
    /// Names of the statistics.
    pub(in crate::report) fn names(&self) -> impl Iterator<Item = &'static str> {
        STATISTICS.iter().map(|(name, _)| *name)
    }

    /// The group of each member, and 1 or 0 person of a statistic.
    #[inline]
    pub(in crate::report) fn each(&self, statistic: usize, mut visit: impl FnMut(usize, u64)) {
        // Without a branch, which would be predicted wrongly for every second member.
        for (&of_member, &group) in self.statistics.iter().zip(&self.members.group_of) {
            visit(group as usize, of_member >> statistic & 1);
        }
    }

    /// Number of people of a statistic.
    pub(in crate::report) fn total(&self, statistic: usize) -> u64 {
        self.totals[statistic]
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.statistics.len() * 8
    }
}

/// `groups.sql`, not summed up yet.
pub(super) fn group_people(counts: &Counts, period: Micros) -> GroupPeople {
    let (members, actions) = (&counts.columns.members, counts.actions(period));
    let signed = signed_bits(counts, period);
    // Many members are alike, so the statistics of each kind of person are decided once.
    let mut known = vec![(0_u64, 0_u32); 1 << Person::BITS];
    let mut statistics = vec![0; members.ids.len()];
    for row in counts.view.rows.iter().map(|&row| row as usize) {
        let person = Person {
            actions: actions.of_member[row],
            signed: signed[row],
            follows: members.follows[row],
            personalised: members.personalised[row] == Some(true),
            is_first_active: members.first_active_at[row].is_some_and(|at| (period.0..period.1).contains(&at)),
            was_ever_active: members.first_active_at[row].is_some_and(|at| at < period.0),
        };
        let (of_kind, people) = &mut known[person.number()];
        if *people == 0 {
            *of_kind = person.statistics();
        }
        *people += 1;
        statistics[row] = *of_kind;
    }
    let mut totals = [0; STATISTICS.len()];
    for (of_kind, people) in known.into_iter().filter(|(_, people)| *people > 0) {
        let mut left = of_kind;
        while left > 0 {
            totals[left.trailing_zeros() as usize] += u64::from(people);
            left &= left - 1;
        }
    }
    GroupPeople { members: Arc::clone(members), statistics, totals }
}

fn signed_bits(counts: &Counts, period: Micros) -> Vec<u16> {
    let mut bits = vec![0; counts.columns.members.ids.len()];
    for sign_up in counts.columns.sign_ups.within(period) {
        if let Some(row) = counts.view.row(sign_up.member) {
            bits[row] |= bits_of(sign_up);
        }
    }
    each_seat(counts, period, |row, _, _| bits[row] |= signed::SEAT);
    raters(counts, period).for_each(|(row, _)| bits[row] |= signed::RATED);
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
