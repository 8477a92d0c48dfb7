//! A floor on the attention of items of the member's own union and of the member's age band.
//!
//! *Exposure* of place k is 1 / log₂(1 + k), a group's attention the sum over its places. The floor asks that each of the two
//! groups has at least `exposure_floor` times its share among all that could be listed: demographic parity of attention at 1
//! (Singh and Joachims, "Fairness of Exposure in Rankings", KDD 2018). From the top, each place goes to the next item of the
//! list unless the floor could then no longer be reached; so the list changes only where it must, and late (as in FA*IR: Zehlike,
//! Bonchi, Castillo, Hajian, Megahed and Baeza-Yates, CIKM 2017).

use std::cmp::Ordering;

use super::{ScoredSlot, by_score};
use crate::{
    Engine,
    scoring::{Profile, probability},
};
use zhihui_data::snapshot::NONE;

/// How much more of a band than of all members an item must have reached to be of that band.
const BAND_RATIO: f32 = 1.2;
/// Sums of attentions are compared with this tolerance.
const ROUNDING: f64 = 1e-9;

/// Exposure of the place after `before` others.
pub(super) fn attention(before: usize) -> f64 {
    1.0 / (before as f64 + 2.0).log2()
}

/// To which of the two groups an item belongs: of the member's own union, of the member's age band.
pub(super) type GroupFlags = [bool; 2];

/// A list under a floor.
#[derive(Debug, Clone)]
pub(super) struct FlooredSlots {
    pub(super) list: Vec<ScoredSlot>,
    /// By place, whether giving it to something else could break the floor.
    pub(super) locked: Vec<bool>,
    /// Share of each group among all that could be listed.
    pub(super) offered: [f64; 2],
    /// Share of the list's attention that each group has.
    pub(super) received: [f64; 2],
}

impl Engine {
    /// `base` changed as little as the floor allows, filled from `scored`, which holds all that could be listed.
    pub(super) fn with_floor(
        &self,
        base: &[ScoredSlot],
        scored: &[Vec<ScoredSlot>; 2],
        profile: &Profile,
        floor: f64,
    ) -> FlooredSlots {
        let groups_of = |scored: &ScoredSlot| self.groups(profile, scored.slot);
        let tops =
            [0, 1].map(|group| scored[group].iter().map(|scored| scored.logit).fold(f32::NEG_INFINITY, f32::max));
        let mut counts = [0_usize; 2];
        let mut others: Vec<(f64, ScoredSlot, GroupFlags)> = Vec::new();
        for (group, &top) in tops.iter().enumerate() {
            let top = Some(probability(top)).filter(|top| *top > 0.0).unwrap_or(1.0);
            for one in &scored[group] {
                let groups = groups_of(one);
                counts[0] += usize::from(groups[0]);
                counts[1] += usize::from(groups[1]);
                if groups != [false; 2] && floor > 0.0 && !base.iter().any(|listed| listed.slot == one.slot) {
                    others.push((probability(one.logit) / top, *one, groups));
                }
            }
        }
        let by_relevance = |left: &(f64, ScoredSlot, GroupFlags), right: &(f64, ScoredSlot, GroupFlags)| -> Ordering {
            right.0.total_cmp(&left.0).then_with(|| by_score(&left.1, &right.1))
        };
        others.sort_unstable_by(by_relevance);
        let all = (scored[0].len() + scored[1].len()).max(1) as f64;
        let offered = counts.map(|count| count as f64 / all);
        let total: f64 = (0..base.len()).map(attention).sum();
        let needs = offered.map(|share| floor * share * total);
        let candidates: Vec<(ScoredSlot, GroupFlags)> = base
            .iter()
            .map(|scored| (*scored, groups_of(scored)))
            .chain(others.into_iter().map(|(_, scored, groups)| (scored, groups)))
            .collect();
        let groups: Vec<GroupFlags> = candidates.iter().map(|candidate| candidate.1).collect();
        let order = arrange(&groups, base.len(), needs);
        let locked = locked(&order.iter().map(|&at| groups[at]).collect::<Vec<_>>(), needs);
        let received = [0, 1].map(|group| {
            let places = order.iter().enumerate().filter(|&(_, &at)| groups[at][group]);
            places.map(|(place, _)| attention(place)).sum::<f64>() / total.max(f64::MIN_POSITIVE)
        });
        FlooredSlots { list: order.into_iter().map(|at| candidates[at].0).collect(), locked, offered, received }
    }

    fn groups(&self, profile: &Profile, slot: usize) -> GroupFlags {
        let (facts, band) = (&self.pool().facts[slot], profile.facts.band);
        let is_known = band + 1 < self.snapshot().age_bands.count();
        let overall = self.reach(usize::MAX, facts.item);
        [
            facts.union != NONE && facts.union == profile.facts.union,
            is_known && overall > 0.0 && self.reach(band, facts.item) >= BAND_RATIO * overall,
        ]
    }
}

/// The first `length` candidates, changed as little as it takes to give both groups the attention they need: places of
/// `candidates` in the order of the list.
///
/// A list that meets both needs stays as it is. One need alone is met wherever any order meets it. Both are met where giving
/// the first places to the first group and the next ones to the second meets them; elsewhere the first group goes before.
fn arrange(candidates: &[GroupFlags], length: usize, needs: [f64; 2]) -> Vec<usize> {
    let attentions: Vec<f64> = (0..length).map(attention).collect();
    let of = |group: usize| (0..length).filter(|&at| candidates[at][group]).map(|at| attentions[at]).sum::<f64>();
    if (0..2).all(|group| of(group) + ROUNDING >= needs[group]) {
        return (0..length).collect();
    }
    let mut plan =
        FloorProgress { candidates, sums: running_sums(&attentions), needs, reached: [0.0; 2], left: [0; 2] };
    plan.left = [0, 1].map(|group| candidates.iter().filter(|groups| groups[group]).count());
    let mut used = vec![false; candidates.len()];
    let mut order = Vec::with_capacity(length);
    for place in 0..length {
        let next = |wanted: &dyn Fn(&GroupFlags) -> bool| {
            (0..candidates.len()).find(|&at| !used[at] && wanted(&candidates[at]))
        };
        let Some(regular) = next(&|_| true) else { break };
        let first = next(&|groups| groups[0]);
        let second = next(&|groups| groups[1]);
        let chosen = match (first, second) {
            (Some(first), _) if !plan.keeps_first(regular, place) => first,
            (first, Some(second)) if !plan.keeps_second(regular, place) => {
                let keeps_both = |item: usize| plan.keeps_first(item, place) && plan.keeps_second(item, place);
                match first {
                    Some(first) if !keeps_both(second) && keeps_both(first) => first,
                    Some(_) if !plan.keeps_first(second, place) => regular,
                    _ => second,
                }
            }
            _ => regular,
        };
        plan.take(chosen, place);
        used[chosen] = true;
        order.push(chosen);
    }
    order
}

/// How far the needs are met on the way down a list.
struct FloorProgress<'a> {
    candidates: &'a [GroupFlags],
    /// Exposure of all places before each.
    sums: Vec<f64>,
    needs: [f64; 2],
    reached: [f64; 2],
    /// Items of each group that are not placed yet.
    left: [usize; 2],
}

impl FloorProgress<'_> {
    /// Exposure of at most `count` places from `place` on.
    fn attention_of(&self, place: usize, count: usize) -> f64 {
        let last = self.sums.len() - 1;
        self.sums[(place + count).min(last)] - self.sums[place.min(last)]
    }

    /// Exposure and items left of a group once `item` has `place`.
    fn after(&self, group: usize, item: usize, place: usize) -> (f64, usize) {
        let is_of_group = self.candidates[item][group];
        let gained = if is_of_group { self.attention_of(place, 1) } else { 0.0 };
        (self.reached[group] + gained, self.left[group] - usize::from(is_of_group))
    }

    /// Whether the first need can still be met once `item` has `place`.
    fn keeps_first(&self, item: usize, place: usize) -> bool {
        let (reached, left) = self.after(0, item, place);
        reached + self.attention_of(place + 1, left) + ROUNDING >= self.needs[0]
    }

    /// Whether the second need can still be met once `item` has `place` and the first group the places after it that it needs.
    fn keeps_second(&self, item: usize, place: usize) -> bool {
        let (reached, left) = self.after(0, item, place);
        let is_met = |&count: &usize| reached + self.attention_of(place + 1, count) + ROUNDING >= self.needs[0];
        let reserved = (0..=left).find(is_met).unwrap_or(left);
        let (reached, left) = self.after(1, item, place);
        reached + self.attention_of(place + 1 + reserved, left) + ROUNDING >= self.needs[1]
    }

    fn take(&mut self, item: usize, place: usize) {
        for group in 0..2 {
            (self.reached[group], self.left[group]) = self.after(group, item, place);
        }
    }
}

fn running_sums(attentions: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    for attention in attentions {
        sums.push(sums[sums.len() - 1] + attention);
    }
    sums
}

/// By place, whether giving it to an item of no group breaks a need, the places behind it that do not given away already.
fn locked(list: &[GroupFlags], needs: [f64; 2]) -> Vec<bool> {
    let of = |group: usize| (0..list.len()).filter(|&at| list[at][group]).map(attention).sum::<f64>();
    let mut slack = [of(0) - needs[0], of(1) - needs[1]];
    let mut locked = vec![false; list.len()];
    for place in (0..list.len()).rev() {
        let lost = list[place].map(|is_of_group| if is_of_group { attention(place) } else { 0.0 });
        locked[place] =
            (0..2).any(|group| lost[group] > 0.0 && needs[group] > 0.0 && lost[group] > slack[group] + ROUNDING);
        if !locked[place] {
            (0..2).for_each(|group| slack[group] -= lost[group]);
        }
    }
    locked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reached(candidates: &[GroupFlags], order: &[usize], group: usize) -> f64 {
        order.iter().enumerate().filter(|&(_, &at)| candidates[at][group]).map(|(place, _)| attention(place)).sum()
    }

    /// The most that one group can have.
    fn most(candidates: &[GroupFlags], length: usize, group: usize) -> f64 {
        let items = candidates.iter().filter(|groups| groups[group]).count();
        (0..items.min(length)).map(attention).sum()
    }

    fn lists() -> impl Strategy<Value = (Vec<GroupFlags>, usize, [f64; 2])> {
        (prop::collection::vec(any::<(bool, bool)>(), 1..24), 1_usize..12, 0.0..1.5_f64, 0.0..1.5_f64).prop_map(
            |(groups, length, first, second)| {
                let groups: Vec<GroupFlags> = groups.into_iter().map(|(first, second)| [first, second]).collect();
                let length = length.min(groups.len());
                let total: f64 = (0..length).map(attention).sum();
                let share = |group: usize| groups.iter().filter(|of| of[group]).count() as f64 / groups.len() as f64;
                let needs = [first * share(0) * total, second * share(1) * total];
                // As in a list: behind its own items come those of a group.
                let mut candidates = groups[..length].to_vec();
                candidates.extend(groups[length..].iter().filter(|of| **of != [false; 2]));
                (candidates, length, needs)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn one_floor_is_met_where_any_order_meets_it((candidates, length, needs) in lists(), group in 0_usize..2) {
            let needs = if group == 0 { [needs[0], 0.0] } else { [0.0, needs[1]] };
            let order = arrange(&candidates, length, needs);
            let reachable = most(&candidates, length, group).min(needs[group]);
            prop_assert!(reached(&candidates, &order, group) >= reachable - 1e-6);
        }

        #[test]
        fn the_first_floor_goes_before_and_both_are_met_where_they_fit((candidates, length, needs) in lists()) {
            let order = arrange(&candidates, length, needs);
            let reachable = most(&candidates, length, 0).min(needs[0]);
            prop_assert!(reached(&candidates, &order, 0) >= reachable - 1e-6);
            // The first group's block, then the second's.
            let items = |group: usize| candidates.iter().filter(|of| of[group]).count();
            let sum = |from: usize, count: usize| (from..(from + count).min(length)).map(attention).sum::<f64>();
            let block = (0..=items(0).min(length)).find(|&count| sum(0, count) >= needs[0]);
            if block.is_some_and(|block| sum(block, items(1)) >= needs[1]) {
                prop_assert!(reached(&candidates, &order, 1) >= needs[1] - 1e-6, "{:?}", order);
            }
        }

        #[test]
        fn a_list_holds_no_item_twice_and_keeps_the_order_of_what_is_in_no_group((candidates, length, needs) in lists()) {
            let order = arrange(&candidates, length, needs);
            prop_assert_eq!(order.len(), length);
            let mut distinct = order.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), length);
            let plain: Vec<usize> = order.iter().copied().filter(|&at| candidates[at] == [false; 2]).collect();
            prop_assert!(plain.is_sorted());
        }

        #[test]
        fn a_list_that_meets_the_floor_stays_as_it_is((candidates, length, needs) in lists()) {
            let as_it_is: Vec<usize> = (0..length).collect();
            let needs = [0, 1].map(|group| needs[group].min(reached(&candidates, &as_it_is, group)));
            prop_assert_eq!(arrange(&candidates, length, needs), as_it_is);
        }

        #[test]
        fn places_that_are_not_kept_can_all_be_given_away((candidates, length, needs) in lists()) {
            let order = arrange(&candidates, length, needs);
            let list: Vec<GroupFlags> = order.iter().map(|&at| candidates[at]).collect();
            let locked = locked(&list, needs);
            for group in 0..2 {
                let before = reached(&candidates, &order, group);
                let after: f64 = (0..length).filter(|&at| locked[at] && list[at][group]).map(attention).sum();
                prop_assert!(after >= before.min(needs[group]) - 1e-6);
            }
        }
    }

    #[test]
    fn an_item_rises_as_late_as_the_floor_allows() {
        let [none, own] = [[false, false], [true, false]];
        // Two of ten are own: at floor 1 they need a fifth of the attention of four places.
        let candidates = [none, none, none, none, own, own];
        let total: f64 = (0..4).map(attention).sum();
        assert_eq!(arrange(&candidates, 4, [0.2 * total, 0.0]), [0, 1, 4, 5]);
        assert_eq!(arrange(&candidates, 4, [0.0; 2]), [0, 1, 2, 3]);
    }
}
