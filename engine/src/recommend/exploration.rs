//! Exploration: reserves a share of each list for new items.
//!
//! A ranker learns only from what was shown. A new item has no popularity, so it is not shown, so it never gains
//! popularity. Therefore a share of the positions, the last ones first, goes to new items by Thompson sampling. Each
//! day has 128 joint draws from the posterior distributions of the items' response rates. A hash of member, day and
//! snapshot assigns one draw to the member, and the items with the highest rates in it get the positions. The same
//! request returns the same list.
//!
//! The **propensity** of a position is the probability that this item gets this position in this member's list, over
//! the 128 draws and over the draw that rounds the share to whole positions. It is counted over all draws, so it is
//! exact and not an estimate.

use super::rate_draws::{DRAWS, hash};
use super::{ListOptions, ScoredSlot};
use crate::{Engine, Overlay};

/// Minimum length of a list with exploration.
const MIN_LENGTH: usize = 5;

/// A position of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListPosition {
    pub(super) scored: ScoredSlot,
    pub(super) explored: bool,
    /// Probability of this item at this position. `None` if exploration is off.
    pub(super) propensity: Option<f64>,
}

/// The member and time of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListContext<'a> {
    pub(super) overlay: &'a Overlay,
    pub(super) member: &'a str,
    pub(super) now: i64,
}

impl Engine {
    /// Returns the scored slots that are new and have few contacts, each with its index among the new items.
    pub(super) fn explorable_slots(
        &self,
        scored: &[Vec<ScoredSlot>; 2],
        list_context: ListContext<'_>,
    ) -> Vec<(usize, ScoredSlot)> {
        if self.list_options().explore_share <= 0.0 {
            return Vec::new();
        }
        let new_item = |scored: &ScoredSlot| Some((self.explorable_new_item(scored.slot, list_context)?, *scored));
        scored.iter().flatten().filter_map(new_item).collect()
    }

    /// Gives the last positions of a list that are not `locked` to slots of `explorable`, until the list has its share
    /// of them.
    pub(super) fn explore(
        &self,
        list: Vec<ScoredSlot>,
        locked: &[bool],
        explorable: &[(usize, ScoredSlot)],
        list_context: ListContext<'_>,
    ) -> Vec<ListPosition> {
        let ListOptions { explore_share: share, .. } = self.list_options();
        let propensity = (share > 0.0).then_some(1.0);
        let mut places: Vec<ListPosition> =
            list.into_iter().map(|scored| ListPosition { scored, explored: false, propensity }).collect();
        if places.len() < MIN_LENGTH || explorable.is_empty() || share <= 0.0 {
            return places;
        }
        let is_listed = |slot: usize| places.iter().any(|place| place.scored.slot == slot);
        let mut new_items: Vec<(usize, ScoredSlot)> =
            explorable.iter().filter(|(_, scored)| !is_listed(scored.slot)).copied().collect();
        let already = explorable.len() - new_items.len();
        let is_free = |&at: &usize| {
            !locked.get(at).is_some_and(|&locked| locked)
                && !explorable.iter().any(|new_item| new_item.1.slot == places[at].scored.slot)
        };
        let free: Vec<usize> = (0..places.len()).rev().filter(is_free).collect();
        let (sure, chance) = split(share, places.len());
        let day = self.day_of(list_context.now);
        let version = self.snapshot().version.as_str();
        let wanted = sure + usize::from(unit(hash(day, &[version, list_context.member, "places"])) < chance);
        let draw = (hash(day, &[version, list_context.member, "draw"]) % DRAWS as u64) as usize;
        let most = (sure + usize::from(chance > 0.0)).saturating_sub(already).min(free.len()).min(new_items.len());
        if most == 0 {
            return places;
        }
        let draws = self.draws(day, list_context.overlay.live_counts());
        new_items.sort_unstable_by_key(|&(new_item, _)| new_item);
        let best_first = |left: &usize, right: &usize| {
            let rate = |at: usize| draws.rates[new_items[at].0][draw];
            rate(*right).total_cmp(&rate(*left)).then(left.cmp(right))
        };
        let mut order: Vec<usize> = (0..new_items.len()).collect();
        if most < order.len() {
            order.select_nth_unstable_by(most - 1, best_first);
            order.truncate(most);
        }
        order.sort_unstable_by(best_first);
        for (rank, (&at, &new_item)) in free.iter().zip(&order).enumerate() {
            let given = if rank + already < sure { 1.0 } else { chance };
            places[at] = if rank + already < wanted {
                let rates: Vec<&[f32; DRAWS]> =
                    new_items.iter().map(|(new_item, _)| draws.rates[*new_item].as_ref()).collect();
                let share = share_of_rank(&rates, new_item, rank);
                ListPosition { scored: new_items[new_item].1, explored: true, propensity: Some(given * share) }
            } else {
                ListPosition { propensity: Some(1.0 - given), ..places[at] }
            };
        }
        places
    }

    fn explorable_new_item(&self, slot: usize, list_context: ListContext<'_>) -> Option<usize> {
        let live = list_context.overlay.live_counts();
        let shown_since = |new_item: usize| {
            let shown = live.get(&(new_item as u32)).map_or(0, |counts| counts.0);
            u32::try_from(shown).unwrap_or_default()
        };
        self.new_items().explorable(self.pool(), slot, list_context.now, shown_since)
    }
}

/// Share of the draws in which exactly `rank` rates are above the rate of `chosen`. Of equal rates, the earlier one is
/// above.
fn share_of_rank(rates: &[&[f32; DRAWS]], chosen: usize, rank: usize) -> f64 {
    let own = rates[chosen];
    let mut above = [0_u32; DRAWS];
    for (at, other) in rates.iter().enumerate() {
        // The comparisons differ, so that an item is not above itself, and exactly one of two equal items is above the
        // other.
        if at < chosen {
            (0..DRAWS).for_each(|draw| above[draw] += u32::from(other[draw] >= own[draw]));
        } else {
            (0..DRAWS).for_each(|draw| above[draw] += u32::from(other[draw] > own[draw]));
        }
    }
    above.iter().filter(|&&above| above as usize == rank).count() as f64 / DRAWS as f64
}

/// Number of positions that a share of a list has for certain, and the probability of one more. The mean over many
/// lists equals the share for any length.
fn split(share: f64, length: usize) -> (usize, f64) {
    let places = share.min(1.0) * length as f64;
    let whole = (places + 1e-9).floor();
    let chance = places - whole;
    (whole as usize, if chance > 1e-9 { chance } else { 0.0 })
}

/// Maps a hash to a number in [0, 1).
fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_positions_is_given_away_for_any_length() {
        for (share, length) in [(0.1, 5), (0.1, 8), (0.1, 10), (0.1, 30), (0.25, 24), (1.0, 7)] {
            let (whole, chance) = split(share, length);
            assert!((whole as f64 + chance - share * length as f64).abs() < 1e-8, "{share} of {length}");
            let extra = |day: i64| usize::from(unit(hash(day, &["v", "M1", "places"])) < chance);
            let given: usize = (0..20_000).map(|day| whole + extra(day)).sum();
            let measured = given as f64 / (20_000 * length) as f64;
            assert!((measured - share).abs() < 0.004, "{measured} of lists of {length}");
        }
        assert_eq!(split(0.1, 30), (3, 0.0));
    }

    #[test]
    fn shares_of_a_rank_sum_to_one_with_equal_rates() {
        let column = |seed: u64| std::array::from_fn(|draw| (hash(draw as i64, &[&seed.to_string()]) % 7) as f32);
        let columns: Vec<[f32; DRAWS]> = (0..6).map(column).collect();
        let rates: Vec<&[f32; DRAWS]> = columns.iter().collect();
        for rank in 0..6 {
            let sum: f64 = (0..6).map(|new_item| share_of_rank(&rates, new_item, rank)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{rank}: {sum}");
        }
    }
}
