//! A share of every list for what hardly anybody has met yet.
//!
//! A ranker that decides alone what is shown learns only of what it showed: what is new has no popularity, so it is not
//! shown, so it stays without. A share of the places, the last ones first, goes to new items by Thompson sampling: each day has
//! 128 joint draws from the posteriors of the items' response rates, a member follows one of them by a hash of member, day and
//! snapshot, and the items with the highest rates in it get the places. The same question gives the same list.
//!
//! **Propensity** of a place: the probability, over the 128 draws and over the draw that rounds the share to whole places, with
//! which this item gets this place of this member's list. It is counted over all draws, so it is exact, not estimated.

use super::draws::{DRAWS, hash};
use super::{ListOptions, Scored};
use crate::{Engine, Overlay};

/// Shorter lists have no place to give away.
const SHORTEST: usize = 5;

/// One place of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) scored: Scored,
    pub(super) explored: bool,
    /// Probability of this item at this place; `None` where nothing is explored.
    pub(super) propensity: Option<f64>,
}

/// For whom and when a list is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) overlay: &'a Overlay,
    pub(super) member: &'a str,
    pub(super) now: i64,
}

impl Engine {
    /// Those of the scored slots that are new and hardly met, each with its place among the newcomers.
    pub(super) fn unmet(&self, scored: &[Vec<Scored>; 2], asked: Asked<'_>) -> Vec<(usize, Scored)> {
        if self.lists().explore_share <= 0.0 {
            return Vec::new();
        }
        let newcomer = |scored: &Scored| Some((self.open_newcomer(scored.slot, asked)?, *scored));
        scored.iter().flatten().filter_map(newcomer).collect()
    }

    /// Gives the last places of a list that are not `kept` to slots among `unmet`, as far as the list has not its share of
    /// them already.
    pub(super) fn explore(
        &self,
        list: Vec<Scored>,
        kept: &[bool],
        unmet: &[(usize, Scored)],
        asked: Asked<'_>,
    ) -> Vec<Place> {
        let ListOptions { explore_share: share, .. } = self.lists();
        let propensity = (share > 0.0).then_some(1.0);
        let mut places: Vec<Place> =
            list.into_iter().map(|scored| Place { scored, explored: false, propensity }).collect();
        if places.len() < SHORTEST || unmet.is_empty() || share <= 0.0 {
            return places;
        }
        let is_listed = |slot: usize| places.iter().any(|place| place.scored.slot == slot);
        let mut newcomers: Vec<(usize, Scored)> =
            unmet.iter().filter(|(_, scored)| !is_listed(scored.slot)).copied().collect();
        let already = unmet.len() - newcomers.len();
        let is_free = |&at: &usize| {
            !kept.get(at).is_some_and(|&kept| kept)
                && !unmet.iter().any(|newcomer| newcomer.1.slot == places[at].scored.slot)
        };
        let free: Vec<usize> = (0..places.len()).rev().filter(is_free).collect();
        let (sure, chance) = split(share, places.len());
        let day = self.day_of(asked.now);
        let version = self.snapshot().version.as_str();
        let wanted = sure + usize::from(unit(hash(day, &[version, asked.member, "places"])) < chance);
        let draw = (hash(day, &[version, asked.member, "draw"]) % DRAWS as u64) as usize;
        let most = (sure + usize::from(chance > 0.0)).saturating_sub(already).min(free.len()).min(newcomers.len());
        if most == 0 {
            return places;
        }
        let draws = self.draws(day, asked.overlay.live_counts());
        newcomers.sort_unstable_by_key(|&(newcomer, _)| newcomer);
        let best_first = |left: &usize, right: &usize| {
            let rate = |at: usize| draws.rates[newcomers[at].0][draw];
            rate(*right).total_cmp(&rate(*left)).then(left.cmp(right))
        };
        let mut order: Vec<usize> = (0..newcomers.len()).collect();
        if most < order.len() {
            order.select_nth_unstable_by(most - 1, best_first);
            order.truncate(most);
        }
        order.sort_unstable_by(best_first);
        for (rank, (&at, &newcomer)) in free.iter().zip(&order).enumerate() {
            let given = if rank + already < sure { 1.0 } else { chance };
            places[at] = if rank + already < wanted {
                let rates: Vec<&[f32; DRAWS]> =
                    newcomers.iter().map(|(newcomer, _)| draws.rates[*newcomer].as_ref()).collect();
                let share = share_of_rank(&rates, newcomer, rank);
                Place { scored: newcomers[newcomer].1, explored: true, propensity: Some(given * share) }
            } else {
                Place { propensity: Some(1.0 - given), ..places[at] }
            };
        }
        places
    }

    fn open_newcomer(&self, slot: usize, asked: Asked<'_>) -> Option<usize> {
        let live = asked.overlay.live_counts();
        let shown_since = |newcomer: usize| {
            let shown = live.get(&(newcomer as u32)).map_or(0, |counts| counts.0);
            u32::try_from(shown).unwrap_or_default()
        };
        self.newcomers().open(self.pool(), slot, asked.now, shown_since)
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
            let sum: f64 = (0..6).map(|newcomer| share_of_rank(&rates, newcomer, rank)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{rank}: {sum}");
        }
    }
}
