//! Lists of rankers that are being evaluated.

use xxhash_rust::xxh3::xxh3_64_with_seed;
use zhihui_data::snapshot::{ItemGroup, RankerWeights};

use super::{OfferedSlot, ScoredSlot};
use crate::{
    Engine, Language, Overlay,
    answer::{RecommendRequest, Who},
    overlay::MemberState,
    scoring::{N_FEATURES, Profile, Ranker, features_of_pair},
};

/// A ranker that does not serve yet.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateRanker(Ranker);

impl CandidateRanker {
    /// Returns a ranker with these weights.
    #[must_use]
    pub fn new(weights: &RankerWeights) -> Self {
        Self(Ranker::new(weights))
    }

    /// The calibrated logit of a pair.
    #[must_use]
    pub fn logit(&self, features: &[f32; N_FEATURES]) -> f32 {
        match self.0.only_feature() {
            Some(feature) => self.0.logit_of_feature(feature, features[feature]),
            None => self.0.logit(features),
        }
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy)]
pub enum Order<'a> {
    /// A ranker.
    Ranker(&'a CandidateRanker),
    /// Popularity in the member's age band, the fallback without a ranker.
    BandPopularity,
    /// Popularity among all members, as in general lists.
    Popularity,
    /// A random order with a seed: the baseline that every other order must beat.
    Chance(u64),
}

impl Engine {
    /// Returns lists of at most `n` items of one group for a member at `now`, one for each of `orders`. They are
    /// composed as in serving, but without exploration. Row numbers; empty for an unknown member.
    #[must_use]
    pub fn lists_by(&self, member: usize, group: ItemGroup, orders: &[Order<'_>], n: usize, now: i64) -> Vec<Vec<u32>> {
        let Some(id) = self.snapshot().members.id.get(member) else { return vec![Vec::new(); orders.len()] };
        let request = RecommendRequest {
            who: Who::Member(id),
            n,
            kind: None,
            topic: None,
            exclude: &[],
            general: false,
            now,
            language: Language::Zh,
        };
        let (overlay, state) = (Overlay::default(), MemberState { row: Some(member), ..MemberState::default() });
        let mut profile = Profile::default();
        profile.load(self, state);
        let signals = self.member_item_signals(&profile, state, &request);
        let (pool, pool_state) = (self.pool(), self.pool_state(now));
        let mut lifts = vec![[f32::NAN; 2]; self.snapshot().topics.len()];
        let mut offers: Vec<(OfferedSlot, [f32; N_FEATURES])> = Vec::new();
        let mut is_offered = vec![false; pool.len()];
        for slot in pool_state.offered.iter().map(|&slot| slot as usize) {
            let facts = &pool.facts[slot];
            if facts.group() != group {
                continue;
            }
            let Some(seats_left) = self.seats_if_offered(&overlay, slot, &signals[slot], &profile, &request) else {
                continue;
            };
            let pair = self.slot_pair_features(&overlay, &profile, slot, &signals[slot], &mut lifts, &pool_state);
            let features = features_of_pair(&profile, facts, pool.vector(slot), pair);
            is_offered[slot] = true;
            offers.push((OfferedSlot { slot, seats_left, pair }, features));
        }
        let by_logit = |logit: &dyn Fn(&OfferedSlot, &[f32; N_FEATURES]) -> f32| {
            let scored = offers.iter().map(|(offer, features)| ScoredSlot {
                slot: offer.slot,
                logit: logit(offer, features),
                seats_left: offer.seats_left,
            });
            self.compose([scored.collect(), Vec::new()], n).into_iter().map(|scored| scored.slot).collect()
        };
        let list = |order: &Order<'_>| -> Vec<usize> {
            match order {
                Order::Ranker(ranker) => by_logit(&|_, features| ranker.logit(features)),
                Order::BandPopularity => {
                    by_logit(&|offer, _| self.popular_logit(profile.facts.band, &pool.facts[offer.slot]))
                }
                Order::Popularity => {
                    let by_popularity = pool.by_popularity.iter().map(|&slot| slot as usize);
                    by_popularity.filter(|&slot| is_offered[slot]).take(n).collect()
                }
                Order::Chance(seed) => {
                    let draw = |slot: usize| xxh3_64_with_seed(&(slot as u64).to_le_bytes(), *seed);
                    let mut slots: Vec<usize> = offers.iter().map(|(offer, _)| offer.slot).collect();
                    slots.sort_unstable_by_key(|&slot| draw(slot));
                    slots.truncate(n);
                    slots
                }
            }
        };
        let items = |slots: Vec<usize>| slots.into_iter().map(|slot| pool.facts[slot].item).collect();
        orders.iter().map(list).map(items).collect()
    }
}
