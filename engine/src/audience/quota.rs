//! Limits invitations so that the expected number of attendees fits the seats of each union and of the item.
//!
//! Members who will be held out are invited like the others but take no seats, because nobody pushes to them. So the members
//! who are pushed to are enough for the seats, whatever the share of the hold-outs, and both arms pass the same test.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{
    Selection,
    selection::{QuotaMember, RankedMember},
};
use crate::scoring::PushLevel;

/// Fewest members that are worth another thread.
const MEMBERS_PER_TASK: usize = 16_384;

/// The members within the quota, and the number of the others by reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Quota {
    /// In the order in which they are invited.
    pub(super) kept: Vec<QuotaMember>,
    /// Excluded because their union has no seats left for them.
    pub(super) union_quota: usize,
    /// Excluded because the item has no seats left for them.
    pub(super) full: usize,
    /// Seats that the kept members are expected to take, without those who will be held out. Without seats or caps of
    /// unions nobody is looked up, and all members count.
    pub(super) seats: f64,
}

/// The seats of an item.
pub(super) struct SeatLimits<'a> {
    /// Seats left, or `None` without limit.
    pub(super) in_all: Option<f64>,
    /// Seats left in a union, or `None` without limit. Missing if the item limits the seats of no union.
    pub(super) in_union: Option<&'a dyn Fn(u32) -> Option<f64>>,
    /// Union of each member, by row.
    pub(super) unions: &'a [u32],
    /// Expected tickets of a member who would sign up if pushed to, times the share of members who are.
    pub(super) tickets: f64,
    /// How likely members sign up if pushed to.
    pub(super) level: PushLevel,
    /// Whether the member of a row will be held out. Asked only where seats are limited.
    pub(super) is_held_out: &'a dyn Fn(u32) -> bool,
}

impl SeatLimits<'_> {
    /// Selects members, who come in order of rank.
    pub(super) fn select(&self, selection: Selection, ranked: &[RankedMember]) -> Quota {
        let likeliest = match (self.in_all, self.in_union) {
            (None, None) => self.everybody(ranked),
            _ => self.likeliest(ranked),
        };
        match selection {
            Selection::Likeliest => likeliest,
            Selection::Even => self.even(ranked, likeliest.seats),
        }
    }

    /// Keeps all members, as [`SeatLimits::likeliest`] does without limits.
    fn everybody(&self, ranked: &[RankedMember]) -> Quota {
        let (unions, tickets, level) = (self.unions, self.tickets, self.level);
        let keep = |&member: &RankedMember| QuotaMember {
            member,
            union: unions[member.row as usize],
            seats: level.probability(member.probability) * tickets,
        };
        let kept: Vec<QuotaMember> = ranked.par_iter().with_min_len(MEMBERS_PER_TASK).map(keep).collect();
        let seats = kept.iter().fold(0.0, |sum, kept| sum + kept.seats);
        Quota { kept, seats, ..Quota::default() }
    }

    /// Goes through the members from the highest to the lowest probability. Keeps a member if the expected seats
    /// (probability times expected tickets) fit into the remaining seats of the union and of the item.
    fn likeliest(&self, ranked: &[RankedMember]) -> Quota {
        let (mut in_unions, mut left) = (UnionSeats::default(), self.in_all);
        let mut quota = Quota::default();
        for &member in ranked {
            let union = self.union_of(member);
            let (seats, left_in_union) = in_unions.seats(self, member, union);
            if left_in_union.as_deref().is_some_and(|left| *left < seats) {
                quota.union_quota += 1;
            } else if left.is_some_and(|left| left < seats) {
                quota.full += 1;
            } else {
                let is_limited = left_in_union.is_some() || left.is_some();
                if !(is_limited && (self.is_held_out)(member.row)) {
                    take(left_in_union, seats);
                    take(left.as_mut(), seats);
                    quota.seats += seats;
                }
                quota.kept.push(QuotaMember { member, union, seats });
            }
        }
        quota
    }

    /// Invites the likeliest member of the union with the fewest expected seats per candidate, again and again, until
    /// `total` seats are expected to be taken.
    ///
    /// This is progressive filling, which gives a max-min fair allocation: no union can be given more without taking
    /// from one that has no more per candidate (Bertsekas and Gallager, "Data Networks", 1992, section 6.5.2). Members
    /// are whole, so the unions differ by at most one member. Every prefix of the result is fair, too. Ties are broken
    /// by rank. A turn counts both arms, so that the hold-out does not change whose turn it is.
    fn even(&self, ranked: &[RankedMember], total: f64) -> Quota {
        let mut candidates: HashMap<u32, f64> = HashMap::new();
        ranked.iter().for_each(|&member| *candidates.entry(self.union_of(member)).or_default() += 1.0);
        let (mut in_unions, mut taken) = (UnionSeats::default(), HashMap::<u32, f64>::new());
        let mut quota = Quota::default();
        let mut turns: Vec<(f64, QuotaMember, bool)> = Vec::with_capacity(ranked.len());
        for &member in ranked {
            let union = self.union_of(member);
            let (seats, left_in_union) = in_unions.seats(self, member, union);
            if left_in_union.as_deref().is_some_and(|left| *left < seats) {
                quota.union_quota += 1;
                continue;
            }
            let is_held_out = (self.is_held_out)(member.row);
            if !is_held_out {
                take(left_in_union, seats);
            }
            let taken = taken.entry(union).or_default();
            turns.push((*taken / candidates[&union], QuotaMember { member, union, seats }, is_held_out));
            *taken += seats;
        }
        // A stable sort: members with the same turn stay in order of rank.
        turns.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut left = total;
        for (_, member, is_held_out) in turns {
            // The sum of the same seats in another order differs by rounding.
            if left + 1e-9 * total < member.seats {
                quota.full += 1;
            } else {
                if !is_held_out {
                    left -= member.seats;
                    quota.seats += member.seats;
                }
                quota.kept.push(member);
            }
        }
        quota
    }

    fn union_of(&self, member: RankedMember) -> u32 {
        self.unions[member.row as usize]
    }
}

/// Seats left by union, read when a union first occurs. The first place is that of members without a union.
#[derive(Default)]
struct UnionSeats(Vec<Option<Option<f64>>>);

impl UnionSeats {
    /// The seats that a member is expected to take, and the seats left in the union. A member takes at most the seats
    /// left, but at least one.
    fn seats(&mut self, limits: &SeatLimits<'_>, member: RankedMember, union: u32) -> (f64, Option<&mut f64>) {
        let place = union.wrapping_add(1) as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        let left = self.0[place].get_or_insert_with(|| limits.in_union.and_then(|in_union| in_union(union))).as_mut();
        let signs_up = limits.level.probability(member.probability);
        let mut seats = signs_up * limits.tickets;
        if let Some(left) = left.as_deref() {
            seats = seats.min(signs_up * left.ceil().max(1.0));
        }
        (seats, left)
    }
}

fn take(left: Option<&mut f64>, seats: f64) {
    if let Some(left) = left {
        *left -= seats;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICKETS: f64 = 1.5;

    /// Members with these unions and probabilities in percent, by rank.
    fn ranked(members: &[(u32, u32)]) -> Vec<RankedMember> {
        let member = |(row, &(_, percent)): (usize, &(u32, u32))| {
            let probability = f64::from(percent) / 100.0;
            RankedMember { row: row as u32, probability, tie_breaker: 0.0 }
        };
        let mut ranked: Vec<RankedMember> = members.iter().enumerate().map(member).collect();
        ranked.sort_by_key(RankedMember::place);
        ranked
    }

    fn select(selection: Selection, members: &[(u32, u32)], capacity: Option<u32>, caps: &[Option<u32>]) -> Quota {
        let in_union = |union: u32| caps.get(union as usize).copied().flatten().map(f64::from);
        select_with(selection, members, capacity.map(f64::from), &in_union, &|_| false)
    }

    fn select_with(
        selection: Selection,
        members: &[(u32, u32)],
        in_all: Option<f64>,
        in_union: &dyn Fn(u32) -> Option<f64>,
        is_held_out: &dyn Fn(u32) -> bool,
    ) -> Quota {
        let unions: Vec<u32> = members.iter().map(|&(union, _)| union).collect();
        let (in_union, level) = (Some(in_union), PushLevel::NONE);
        SeatLimits { in_all, in_union, unions: &unions, tickets: TICKETS, level, is_held_out }
            .select(selection, &ranked(members))
    }

    fn total(quota: &Quota) -> f64 {
        quota.kept.iter().map(|kept| kept.seats).sum()
    }

    fn by_union(quota: &Quota) -> HashMap<u32, f64> {
        let mut seats = HashMap::new();
        quota.kept.iter().for_each(|kept| *seats.entry(kept.union).or_default() += kept.seats);
        seats
    }

    /// The shares of max-min fairness for divisible seats: the level at which the unions together get `total`, found by
    /// bisection. `unions` contains the number of candidates and the most seats that each union can get.
    fn water_filling(unions: &[(f64, f64)], total: f64) -> Vec<f64> {
        let share = |level: f64| unions.iter().map(move |&(candidates, most)| (level * candidates).min(most));
        let (mut low, mut high) = (0.0, 2.0 * TICKETS);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if share(middle).sum::<f64>() < total { low = middle } else { high = middle }
        }
        share(high).collect()
    }

    #[test]
    fn even_selection_serves_a_union_that_the_likeliest_leave_out() {
        let members: Vec<(u32, u32)> = (0..30).map(|at| if at < 20 { (0, 50) } else { (1, 20) }).collect();
        let likeliest = select(Selection::Likeliest, &members, Some(9), &[]);
        assert_eq!((likeliest.kept.len(), by_union(&likeliest).len()), (12, 1), "12 × 0.5 × 1.5 = 9");
        let even = select(Selection::Even, &members, Some(9), &[]);
        // 0.3 seats per candidate: 6 of the 20 in one union, 3 of the 10 in the other.
        let seats = by_union(&even);
        assert!((total(&even) - 9.0).abs() < 0.5, "{seats:?}");
        assert!((seats[&0] / 20.0 - seats[&1] / 10.0).abs() < 0.9 / 10.0, "{seats:?}");
        assert!(even.kept.len() > likeliest.kept.len(), "evenness costs pushes");
    }

    #[test]
    fn nobody_and_no_seats_give_empty_lists() {
        for selection in Selection::ALL {
            assert_eq!(select(selection, &[], Some(5), &[]), Quota::default());
            let full = select(selection, &[(0, 50), (1, 20)], Some(0), &[]);
            assert_eq!((full.kept.len(), full.full), (0, 2), "{selection:?}");
            let capped = select(selection, &[(0, 50)], Some(9), &[Some(0)]);
            assert_eq!((capped.kept.len(), capped.union_quota), (0, 1), "{selection:?}");
            // Two members take exactly the only seat of their union.
            let exact = select(selection, &[(0, 50); 9], Some(9), &[Some(1)]);
            assert_eq!((exact.kept.len(), exact.union_quota), (2, 7), "{selection:?}");
        }
    }

    #[test]
    fn who_is_pushed_to_fills_the_seats_whatever_the_hold_out_is() {
        let members = [(0, 50); 60];
        for selection in Selection::ALL {
            for every in [2, 3, 10] {
                let is_held_out = |row: u32| row.is_multiple_of(every);
                let quota = select_with(selection, &members, Some(9.0), &|_| None, &is_held_out);
                let pushed = quota.kept.iter().filter(|kept| !is_held_out(kept.member.row));
                assert_eq!(pushed.count(), 12, "12 × 0.5 × 1.5 = 9 seats, {selection:?}, one in {every}");
                assert!((quota.seats - 9.0).abs() < 1e-9 && total(&quota) > 9.0, "{quota:?}");
                let capped = select_with(selection, &members, Some(90.0), &|_| Some(3.0), &is_held_out);
                let pushed = capped.kept.iter().filter(|kept| !is_held_out(kept.member.row));
                assert_eq!(pushed.count(), 4, "4 × 0.5 × 1.5 = 3 seats of the union");
            }
        }
    }

    proptest! {
        #[test]
        fn everybody_is_kept_without_limits(members in prop::collection::vec((0_u32..5, 1_u32..99), 0..80)) {
            let unions: Vec<u32> = members.iter().map(|&(union, _)| union).collect();
            let ranked = ranked(&members);
            let limits = SeatLimits {
                in_all: None,
                in_union: None,
                unions: &unions,
                tickets: TICKETS,
                level: PushLevel::NONE,
                is_held_out: &|_| true,
            };
            let kept = limits.select(Selection::Likeliest, &ranked);
            prop_assert_eq!(&kept, &limits.likeliest(&ranked));
            prop_assert_eq!(kept.kept.iter().map(|kept| kept.member).collect::<Vec<_>>(), ranked);
        }

        #[test]
        fn even_list_takes_as_many_seats_within_the_same_caps(
            members in prop::collection::vec((0_u32..5, 1_u32..99), 0..80),
            capacity in prop::option::of(0_u32..30),
            caps in prop::collection::vec(prop::option::of(1_u32..9), 5),
        ) {
            let [likeliest, even] = Selection::ALL.map(|selection| select(selection, &members, capacity, &caps));
            for quota in [&likeliest, &even] {
                prop_assert_eq!(quota.kept.len() + quota.union_quota + quota.full, members.len());
                for (union, seats) in by_union(quota) {
                    prop_assert!(caps[union as usize].is_none_or(|cap| seats <= f64::from(cap) + 1e-9));
                }
            }
            let (wanted, reached) = (total(&likeliest), total(&even));
            prop_assert!(reached <= wanted * (1.0 + 1e-9) + 1e-9, "{} {}", reached, wanted);
            // One member may be missing, unless everybody within the caps is invited.
            prop_assert!(reached > wanted - TICKETS || even.full == 0, "{} {}", reached, wanted);
        }

        #[test]
        fn the_union_with_the_fewest_seats_per_candidate_is_next(
            members in prop::collection::vec((0_u32..6, 1_u32..99), 1..80),
            caps in prop::collection::vec(prop::option::of(1_u32..9), 6),
        ) {
            let even = select(Selection::Even, &members, None, &caps);
            let candidates = |union: u32| members.iter().filter(|member| member.0 == union).count() as f64;
            let (mut taken, mut last_level) = (HashMap::<u32, f64>::new(), 0.0);
            let mut last_probability = HashMap::<u32, f64>::new();
            for kept in &even.kept {
                let taken = taken.entry(kept.union).or_default();
                let level = *taken / candidates(kept.union);
                prop_assert!(level >= last_level);
                let last = last_probability.insert(kept.union, kept.member.probability).unwrap_or(1.0);
                prop_assert!(kept.member.probability <= last, "within a union the likeliest come first");
                last_level = level;
                *taken += kept.seats;
            }
        }

        #[test]
        fn even_shares_are_those_of_water_filling_up_to_whole_members(
            members in prop::collection::vec((0_u32..4, 1_u32..30), 20..200),
            capacity in 1_u32..20,
            caps in prop::collection::vec(prop::option::of(1_u32..9), 4),
        ) {
            let even = by_union(&select(Selection::Even, &members, Some(capacity), &caps));
            let most = by_union(&select(Selection::Even, &members, None, &caps));
            let unions: Vec<u32> = (0..4).filter(|union| members.iter().any(|member| member.0 == *union)).collect();
            let count = |union: u32| members.iter().filter(|member| member.0 == union).count() as f64;
            let of = |seats: &HashMap<u32, f64>, union: u32| seats.get(&union).copied().unwrap_or(0.0);
            let sizes: Vec<(f64, f64)> = unions.iter().map(|&union| (count(union), of(&most, union))).collect();
            let shares = water_filling(&sizes, unions.iter().map(|&union| of(&even, union)).sum());
            // One member takes at most 0.3 × 1.5 seats.
            let slack = (unions.len() + 1) as f64 * 0.45;
            for (&union, share) in unions.iter().zip(shares) {
                prop_assert!((of(&even, union) - share).abs() <= slack + 1e-6, "{} {:?}", union, even);
            }
        }
    }
}
