//! A minimum share of attention for items of the member's own union and of the member's age band.
//!
//! The *attention* of position k is 1 / log₂(1 + k); a group's attention is the sum over its positions. The literature
//! calls it exposure. The floor requires that each of the two groups has at least `exposure_floor` times its share
//! among all candidates: demographic parity of exposure at 1 (Singh and Joachims, "Fairness of Exposure in Rankings",
//! KDD 2018). From the top, each position goes to the next item of the list unless the floor could then no longer be
//! reached. The list changes only if necessary, and as late as possible (as in FA*IR: Zehlike, Bonchi, Castillo,
//! Hajian, Megahed and Baeza-Yates, CIKM 2017).

use std::cmp::Ordering;

use super::{ScoredSlot, by_score};
use crate::{
    Engine,
    scoring::{Profile, probability},
};
use zhihui_data::snapshot::NONE;

/// Minimum ratio of an item's reach in a band to its reach among all members, for the item to belong to the band.
const BAND_RATIO: f32 = 1.2;
/// Tolerance for comparing sums of attention.
const ROUNDING: f64 = 1e-9;

/// Attention of the position after `before` others.
pub(super) fn attention(before: usize) -> f64 {
    1.0 / (before as f64 + 2.0).log2()
}

/// Whether an item belongs to the member's own union, and to the member's age band.
pub(super) type GroupFlags = [bool; 2];

/// A list with a floor.
#[derive(Debug, Clone)]
pub(super) struct FlooredSlots {
    pub(super) list: Vec<ScoredSlot>,
    /// By position, whether giving it to another item could break the floor.
    pub(super) locked: Vec<bool>,
    /// Share of each group among all candidates.
    pub(super) offered: [f64; 2],
    /// Share of the list's attention that each group has.
    pub(super) received: [f64; 2],
}

impl Engine {
    /// Changes `base` as little as the floor allows. Takes further items from `scored`, which contains all candidates.
    pub(super) fn apply_floor(
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

/// Orders the first `length` candidates with as few changes as both groups' needs allow. Returns indices into
/// `candidates`.
///
/// A list that meets both needs does not change. A single need is met if any order can meet it. Both needs are met if
/// giving the first positions to the first group and the next ones to the second meets them. Otherwise the first group
/// has priority.
fn arrange(candidates: &[GroupFlags], length: usize, needs: [f64; 2]) -> Vec<usize> {
    let attentions: Vec<f64> = (0..length).map(attention).collect();
    let of = |group: usize| (0..length).filter(|&at| candidates[at][group]).map(|at| attentions[at]).sum::<f64>();
    if (0..2).all(|group| of(group) + ROUNDING >= needs[group]) {
        return (0..length).collect();
    }
    let mut progress =
        FloorProgress { candidates, sums: running_sums(&attentions), needs, reached: [0.0; 2], left: [0; 2] };
    progress.left = [0, 1].map(|group| candidates.iter().filter(|groups| groups[group]).count());
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
            (Some(first), _) if !progress.keeps_first(regular, place) => first,
            (first, Some(second)) if !progress.keeps_second(regular, place) => {
                let keeps_both = |item: usize| progress.keeps_first(item, place) && progress.keeps_second(item, place);
                match first {
                    Some(first) if !keeps_both(second) && keeps_both(first) => first,
                    Some(_) if !progress.keeps_first(second, place) => regular,
                    _ => second,
                }
            }
            _ => regular,
        };
        progress.assign(chosen, place);
        used[chosen] = true;
        order.push(chosen);
    }
    order
}

/// Progress towards both needs while positions are assigned from the top.
struct FloorProgress<'a> {
    candidates: &'a [GroupFlags],
    /// Attention of all positions before each position.
    sums: Vec<f64>,
    needs: [f64; 2],
    reached: [f64; 2],
    /// Number of items of each group that have no position yet.
    left: [usize; 2],
}

impl FloorProgress<'_> {
    /// Attention of at most `count` positions from `place` on.
    fn attention_of(&self, place: usize, count: usize) -> f64 {
        let last = self.sums.len() - 1;
        self.sums[(place + count).min(last)] - self.sums[place.min(last)]
    }

    /// Attention and remaining items of a group if `item` gets `place`.
    fn after(&self, group: usize, item: usize, place: usize) -> (f64, usize) {
        let is_of_group = self.candidates[item][group];
        let gained = if is_of_group { self.attention_of(place, 1) } else { 0.0 };
        (self.reached[group] + gained, self.left[group] - usize::from(is_of_group))
    }

    /// Whether the first need can still be met if `item` gets `place`.
    fn keeps_first(&self, item: usize, place: usize) -> bool {
        let (reached, left) = self.after(0, item, place);
        reached + self.attention_of(place + 1, left) + ROUNDING >= self.needs[0]
    }

    /// Whether the second need can still be met if `item` gets `place` and the first group gets the positions it needs
    /// after it.
    fn keeps_second(&self, item: usize, place: usize) -> bool {
        let (reached, left) = self.after(0, item, place);
        let is_met = |&count: &usize| reached + self.attention_of(place + 1, count) + ROUNDING >= self.needs[0];
        let reserved = (0..=left).find(is_met).unwrap_or(left);
        let (reached, left) = self.after(1, item, place);
        reached + self.attention_of(place + 1 + reserved, left) + ROUNDING >= self.needs[1]
    }

    fn assign(&mut self, item: usize, place: usize) {
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

/// By position, whether giving it to an item of no group breaks a need, if all unlocked positions after it are given
/// away.
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

    /// The maximum attention of one group.
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
                // As in a list, items of a group follow the list's own items.
                let mut candidates = groups[..length].to_vec();
                candidates.extend(groups[length..].iter().filter(|of| **of != [false; 2]));
                (candidates, length, needs)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn single_floor_is_met_if_any_order_meets_it((candidates, length, needs) in lists(), group in 0_usize..2) {
            let needs = if group == 0 { [needs[0], 0.0] } else { [0.0, needs[1]] };
            let order = arrange(&candidates, length, needs);
            let reachable = most(&candidates, length, group).min(needs[group]);
            prop_assert!(reached(&candidates, &order, group) >= reachable - 1e-6);
        }

        #[test]
        fn first_floor_has_priority_and_both_are_met_if_possible((candidates, length, needs) in lists()) {
            let order = arrange(&candidates, length, needs);
            let reachable = most(&candidates, length, 0).min(needs[0]);
            prop_assert!(reached(&candidates, &order, 0) >= reachable - 1e-6);
            // A block of the first group, followed by one of the second.
            let items = |group: usize| candidates.iter().filter(|of| of[group]).count();
            let sum = |from: usize, count: usize| (from..(from + count).min(length)).map(attention).sum::<f64>();
            let block = (0..=items(0).min(length)).find(|&count| sum(0, count) >= needs[0]);
            if block.is_some_and(|block| sum(block, items(1)) >= needs[1]) {
                prop_assert!(reached(&candidates, &order, 1) >= needs[1] - 1e-6, "{:?}", order);
            }
        }

        #[test]
        fn list_has_distinct_items_and_keeps_the_order_outside_groups((candidates, length, needs) in lists()) {
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
        fn list_that_meets_the_floor_does_not_change((candidates, length, needs) in lists()) {
            let as_it_is: Vec<usize> = (0..length).collect();
            let needs = [0, 1].map(|group| needs[group].min(reached(&candidates, &as_it_is, group)));
            prop_assert_eq!(arrange(&candidates, length, needs), as_it_is);
        }

        #[test]
        fn all_unlocked_positions_can_be_given_away((candidates, length, needs) in lists()) {
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
    fn item_rises_as_late_as_the_floor_allows() {
        let [none, own] = [[false, false], [true, false]];
        // Two of ten are own: at floor 1 they need a fifth of the attention of four positions.
        let candidates = [none, none, none, none, own, own];
        let total: f64 = (0..4).map(attention).sum();
        assert_eq!(arrange(&candidates, 4, [0.2 * total, 0.0]), [0, 1, 4, 5]);
        assert_eq!(arrange(&candidates, 4, [0.0; 2]), [0, 1, 2, 3]);
    }
}
