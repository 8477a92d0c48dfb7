//! A share of every list for what hardly anybody has met yet.
//!
//! A ranker that decides alone what is shown learns only of what it showed: what is new has no popularity, so it is not
//! shown, so it stays without. One place in ten goes to a new item drawn at random, whatever the ranker thinks of it, the
//! last places of the list first. This is the ε-greedy policy (Sutton and Barto, "Reinforcement Learning", 2.2), with a
//! hash of member, day and item for the draw: the same request gives the same list, and every new item gets its turn.

use xxhash_rust::xxh3::Xxh3;
use zhihui_data::snapshot::NO_TIME;

use super::Scored;
use crate::Engine;

/// Share of the places.
const SHARE: f64 = 0.1;
/// Shorter lists have no place to give away.
const SHORTEST: usize = 5;
/// Days for which something is new.
const NEW_DAYS: i64 = 7;
/// Known exposures and responses after which something is new no longer: enough to learn from.
const MET: u32 = 100;

impl Engine {
    /// Those of the scored slots that are new and hardly met.
    pub(super) fn unmet(&self, scored: &[Vec<Scored>; 2], now: i64) -> Vec<Scored> {
        scored.iter().flatten().filter(|scored| self.is_unmet(scored.slot, now)).copied().collect()
    }

    /// Gives the last places of a list to slots among `unmet`, drawn for this member and day, as far as the list has not its
    /// share of them already.
    pub(super) fn explore(&self, list: &mut [Scored], unmet: &[Scored], member: &str, now: i64) {
        let day = now.div_euclid(86_400);
        let has = |slot: usize| list.iter().any(|chosen| chosen.slot == slot);
        let already = list.iter().filter(|chosen| self.is_unmet(chosen.slot, now)).count();
        let wanted = places(list.len(), draw(member, day, "")).saturating_sub(already);
        let of_item = |scored: &Scored| {
            let item = self.pool().facts[scored.slot].item;
            draw(member, day, &self.snapshot().items.id[item as usize])
        };
        let mut drawn: Vec<(u64, Scored)> =
            unmet.iter().filter(|scored| !has(scored.slot)).map(|scored| (of_item(scored), *scored)).collect();
        drawn.sort_unstable_by_key(|&(draw, scored)| (draw, scored.slot));
        let last = list.iter_mut().rev().filter(|chosen| !self.is_unmet(chosen.slot, now));
        for (place, (_, scored)) in last.zip(drawn.into_iter().take(wanted)) {
            *place = scored;
        }
    }

    fn is_unmet(&self, slot: usize, now: i64) -> bool {
        let since = self.pool().facts[slot].since;
        since != NO_TIME && (0..NEW_DAYS * 86_400).contains(&(now - since)) && self.pool().met[slot] < MET
    }
}

/// A tenth of the places, the remainder by the draw, so that it is a tenth over many lists of any length.
fn places(length: usize, draw: u64) -> usize {
    if length < SHORTEST {
        return 0;
    }
    let share = SHARE * length as f64;
    share as usize + usize::from((draw as f64 / u64::MAX as f64) < share.fract())
}

fn draw(member: &str, day: i64, item: &str) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&day.to_le_bytes());
    for part in [member, item] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_all_places_is_given_away_whatever_the_length() {
        for length in [5, 8, 10, 24] {
            let given: usize = (0..20_000).map(|day| places(length, draw("M1", day, ""))).sum();
            let share = given as f64 / (20_000 * length) as f64;
            assert!((share - 0.1).abs() < 0.004, "{share} of lists of {length}");
        }
        assert_eq!(places(4, 0), 0);
    }
}
