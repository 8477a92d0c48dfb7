//! Scores one item for many members.

use zhihui_data::snapshot::{NONE, Side};

use super::{
    ItemFacts, N_FEATURES, PairFeatures, Profile, closing, features_of_pair, freshness, log_evidence, mean_lift,
};
use crate::{Engine, Overlay, overlay::MemberState};

/// An item with everything that is needed to score it for many members.
#[derive(Debug)]
pub(crate) struct ItemScorer<'a> {
    engine: &'a Engine,
    overlay: &'a Overlay,
    pub(crate) facts: ItemFacts,
    /// Topics, without sensitive ones.
    topics: Vec<u32>,
    /// Similarity of every item to this one.
    similarity: Vec<f32>,
    /// `ln(1 + 1000 · reach)` by age band.
    band_popularity: Vec<f32>,
    freshness: f32,
    closing: f32,
}

impl<'a> ItemScorer<'a> {
    pub(crate) fn new(engine: &'a Engine, overlay: &'a Overlay, item: usize, now: i64) -> Self {
        let snapshot = engine.snapshot();
        let n_items = snapshot.items.id.len();
        let toward = |known: usize| {
            let pairs = snapshot.model.neighbours.pairs(known);
            pairs.filter(|&(neighbour, _)| neighbour as usize == item).map(|(_, similarity)| similarity).sum()
        };
        let facts = engine.item_facts(item);
        Self {
            engine,
            overlay,
            facts,
            topics: {
                let topics = snapshot.items.topics.row(item).iter().copied();
                topics.filter(|&topic| !engine.is_sensitive(topic)).collect()
            },
            similarity: (0..n_items).map(toward).collect(),
            band_popularity: (0..=snapshot.age_bands.count())
                .map(|band| engine.band_popularity(band, item as u32))
                .collect(),
            freshness: freshness(facts.since, now),
            closing: closing(facts.until, now),
        }
    }

    /// The features of this item and a member whose profile is loaded.
    pub(crate) fn features(&self, profile: &Profile, state: MemberState<'_>) -> [f32; N_FEATURES] {
        features_of_pair(profile, &self.facts, self.vector(), self.pair_features(profile, state))
    }

    fn vector(&self) -> &'a [f32] {
        self.engine.item_vector(self.facts.item as usize)
    }

    fn pair_features(&self, profile: &Profile, state: MemberState<'_>) -> PairFeatures {
        let item = self.facts.item;
        PairFeatures {
            neighbours: profile.recent.iter().fold(0.0, |sum, &(known, _)| sum + self.similarity[known as usize]),
            topic_lift: mean_lift(&self.topics, |topic| self.engine.topic_lift(profile, topic)),
            topic_actions: log_evidence(self.topics.iter().copied(), |topic| profile.evidence_for(topic)),
            band_popularity: self.band_popularity.get(profile.facts.band).copied().unwrap_or(0.0),
            union_mates: if profile.facts.union == NONE {
                0
            } else {
                self.engine.union_mates(self.overlay, profile, state.live, item)
            },
            times_shown: self.engine.times_shown(state, item),
            freshness: self.freshness,
            closing: self.closing,
        }
    }

    /// The calibrated logit of a member in the item's audience.
    pub(crate) fn logit(&self, profile: &Profile, state: MemberState<'_>) -> f32 {
        self.engine.logit(Side::Audiences, profile, &self.facts, self.vector(), self.pair_features(profile, state))
    }
}
