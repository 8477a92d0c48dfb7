//! A share of every list for what hardly anybody has met yet.
//!
//! A ranker that decides alone what is shown learns only of what it showed: what is new has no popularity, so it is not
//! shown, so it stays without. A share of the places, the last ones first, goes to new items by Thompson sampling: each day has
//! 128 pair draws from the posteriors of the items' response rates, a member follows one of them by a hash of member, day and
//! snapshot, and the items with the highest rates in it get the places. The same question gives the same list.
//!
//! **Propensity** of a place: the probability, over the 128 draws and over the draw that rounds the share to whole places, with
//! which this item gets this place of this member's list. It is counted over all draws, so it is exact, not estimated.

use super::rate_draws::{DRAWS, hash};
use super::{ListOptions, ScoredSlot};
use crate::{Engine, Overlay};

/// Shorter lists have no place to give away.
const MIN_LENGTH: usize = 5;

/// One place of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListPosition {
    pub(super) scored: ScoredSlot,
    pub(super) explored: bool,
    /// Probability of this item at this place; `None` where nothing is explored.
    pub(super) propensity: Option<f64>,
}

/// For whom and when a list is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListContext<'a> {
    pub(super) overlay: &'a Overlay,
    pub(super) member: &'a str,
    pub(super) now: i64,
}

impl Engine {
    /// Those of the scored slots that are new and hardly met, each with its place among the new_items.
    pub(super) fn explorable_slots(
        &self,
        scored: &[Vec<ScoredSlot>; 2],
        list_context: ListContext<'_>,
    ) -> Vec<(usize, ScoredSlot)> {
        if self.lists().explore_share <= 0.0 {
            return Vec::new();
        }
        let new_item = |scored: &ScoredSlot| Some((self.explorable_new_item(scored.slot, list_context)?, *scored));
        scored.iter().flatten().filter_map(new_item).collect()
    }

    /// Gives the last places of a list that are not `locked` to slots among `explorable`, as far as the list has not its share of
    /// them already.
    pub(super) fn explore(
        &self,
        list: Vec<ScoredSlot>,
        locked: &[bool],
        explorable: &[(usize, ScoredSlot)],
        list_context: ListContext<'_>,
    ) -> Vec<ListPosition> {
        let ListOptions { explore_share: share, .. } = self.lists();
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

/// Share of the draws in which the rate of `chosen` has exactly `rank` rates above it; of equal rates the earlier is above.
fn share_of_rank(rates: &[&[f32; DRAWS]], chosen: usize, rank: usize) -> f64 {
    let own = rates[chosen];
    let mut above = [0_u32; DRAWS];
    for (at, other) in rates.iter().enumerate() {
        // The comparisons differ, so that an item is not above itself and of two equal ones just one is above the other.
        if at < chosen {
            (0..DRAWS).for_each(|draw| above[draw] += u32::from(other[draw] >= own[draw]));
        } else {
            (0..DRAWS).for_each(|draw| above[draw] += u32::from(other[draw] > own[draw]));
        }
    }
    above.iter().filter(|&&above| above as usize == rank).count() as f64 / DRAWS as f64
}

/// Whole places that a share of a list has for certain, and the probability of one more, so that it is the share over many
/// lists of any length.
fn split(share: f64, length: usize) -> (usize, f64) {
    let places = share.min(1.0) * length as f64;
    let whole = (places + 1e-9).floor();
    let chance = places - whole;
    (whole as usize, if chance > 1e-9 { chance } else { 0.0 })
}

/// A hash as a number within [0, 1).
fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_all_places_is_given_away_whatever_the_length() {
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
    fn shares_of_a_rank_sum_to_one_even_where_rates_are_equal() {
        let column = |seed: u64| std::array::from_fn(|draw| (hash(draw as i64, &[&seed.to_string()]) % 7) as f32);
        let columns: Vec<[f32; DRAWS]> = (0..6).map(column).collect();
        let rates: Vec<&[f32; DRAWS]> = columns.iter().collect();
        for rank in 0..6 {
            let sum: f64 = (0..6).map(|new_item| share_of_rank(&rates, new_item, rank)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{rank}: {sum}");
        }
    }
}
