//! Scores one item for many members.

use zhihui_data::snapshot::{NONE, Side};

use super::{
    ItemFacts, N_FEATURES, PairFeatures, Profile, closing, features_of_pair, freshness,
    item_profile::{ItemProfile, RelevantItems},
    log_evidence, mean_lift,
};
use crate::{Engine, Overlay, overlay::MemberState};

/// An item with everything that is needed to score it for many members.
#[derive(Debug)]
pub(crate) struct ItemScorer<'a> {
    engine: &'a Engine,
    pub(crate) facts: ItemFacts,
    /// Topics, without sensitive ones.
    topics: Vec<u32>,
    /// Similarity of every item to this one.
    similarity: Vec<f32>,
    relevant: RelevantItems,
    /// Members of each union who are signed up.
    signed_up: Vec<u32>,
    /// `ln(1 + 1000 · reach)` by age band.
    band_popularity: Vec<f32>,
    freshness: f32,
    closing: f32,
}

impl<'a> ItemScorer<'a> {
    pub(crate) fn new(engine: &'a Engine, overlay: &Overlay, item: usize, now: i64) -> Self {
        let snapshot = engine.snapshot();
        let n_items = snapshot.items.id.len();
        let toward = |known: usize| {
            let pairs = snapshot.model.neighbours.pairs(known);
            pairs.filter(|&(neighbour, _)| neighbour as usize == item).map(|(_, similarity)| similarity).sum()
        };
        let facts = engine.item_facts(item);
        let similarity: Vec<f32> = (0..n_items).map(toward).collect();
        let signed_up = |union: u32| {
            let stored = engine.union_sign_ups().members(union, facts.item);
            engine.count_union_mates(overlay, union, facts.item, stored)
        };
        Self {
            relevant: RelevantItems::of(engine, facts.item, &similarity),
            signed_up: (0..snapshot.unions.id.len() as u32).map(signed_up).collect(),
            engine,
            facts,
            topics: {
                let topics = snapshot.items.topics.row(item).iter().copied();
                topics.filter(|&topic| !engine.is_sensitive(topic)).collect()
            },
            similarity,
            band_popularity: (0..=snapshot.age_bands.count())
                .map(|band| engine.band_popularity(band, item as u32))
                .collect(),
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
        }
    }

    /// The features of this item and a member whose profile is loaded.
    pub(crate) fn features(&self, profile: &Profile, state: MemberState<'_>) -> [f32; N_FEATURES] {
        let times_shown = self.engine.times_shown(state, self.facts.item);
        features_of_pair(profile, &self.facts, self.vector(), self.pair_features(profile, state, times_shown))
    }

    fn vector(&self) -> &'a [f32] {
        self.engine.item_vector(self.facts.item as usize)
    }

    fn pair_features(&self, profile: &Profile, state: MemberState<'_>, times_shown: u32) -> PairFeatures {
        PairFeatures {
            neighbours: profile.recent.iter().fold(0.0, |sum, &(known, _)| sum + self.similarity[known as usize]),
            topic_lift: mean_lift(&self.topics, |topic| self.engine.topic_lift(profile, topic)),
            topic_actions: log_evidence(self.topics.iter().copied(), |topic| profile.evidence_for(topic)),
            band_popularity: self.band_popularity.get(profile.facts.band).copied().unwrap_or(0.0),
            union_mates: match profile.facts.union {
                NONE => 0,
                union => {
                    let all = self.signed_up[union as usize];
                    self.engine.without_own_sign_up(all, profile.facts.row, state.live, self.facts.item)
                }
            },
            times_shown,
            freshness: self.freshness,
            closing: self.closing,
        }
    }

    /// The calibrated logit of a member in the item's audience, whose profile is loaded.
    pub(crate) fn logit(&self, profile: &Profile, state: MemberState<'_>) -> f32 {
        self.logit_if_shown(profile, state, self.engine.times_shown(state, self.facts.item))
    }

    /// The calibrated logit of a member in the item's audience, and what breaks ties. Loads no more than the item needs; the
    /// result is that of [`logit`](Self::logit), to the bit.
    pub(crate) fn score(&self, member: &mut ItemProfile, state: MemberState<'_>) -> (f32, f32) {
        member.load(self.engine, state, &self.relevant);
        let times_shown = if member.is_concerned { self.engine.times_shown(state, self.facts.item) } else { 0 };
        (self.logit_if_shown(&member.profile, state, times_shown), member.profile.tie_breaker())
    }

    fn logit_if_shown(&self, profile: &Profile, state: MemberState<'_>, times_shown: u32) -> f32 {
        let pair = self.pair_features(profile, state, times_shown);
        self.engine.logit(Side::Audiences, profile, &self.facts, self.vector(), pair)
    }
}
