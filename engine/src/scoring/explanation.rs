//! What made up a probability: features, and behind them the member's own past.

use serde::Serialize;
use zhihui_data::snapshot::Side;

use super::{FEATURES, Profile, features_of_pair};
use crate::{Engine, Overlay, answer::Who};

/// Everything that the probability of a pair was made of; reasons are the greatest of it that can be said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The log odds of the probability: `base` and all contributions.
    pub logit: f32,
    /// The log odds of a pair whose features are all average.
    pub base: f32,
    /// What each feature adds, in the order of [`FEATURES`].
    pub parts: Vec<FeatureContribution>,
}

/// One feature's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureContribution {
    /// Name of the feature.
    pub feature: &'static str,
    /// Its value for the pair.
    pub value: f32,
    /// What it adds to the log odds, against an average value.
    pub contribution: f32,
    /// What the value is the sum of, for `factors`, `neighbours` and `topic_lift`; empty for others, and for `factors` where
    /// the vector of an earlier model serves on, which no history of today gives.
    pub causes: Vec<Cause>,
    /// What of the value of `factors` is the taste of the member's age band, which no cause gives: the causes and this sum to
    /// the value. 0 for other features.
    pub of_age_band: f32,
}

/// One thing that a feature's value was made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// Outside id of an item that the member took, or a topic of the item.
    pub what: String,
    /// What it adds to the value; below zero where it speaks against the item.
    pub amount: f32,
}

impl Engine {
    /// What made up the probability of a pair in the member's list; `None` for an item that is not there or that no ranker ranks.
    #[must_use]
    pub fn explain(&self, overlay: &Overlay, who: Who<'_>, item_id: &str, now: i64) -> Option<Explanation> {
        let item = self.item_row(item_id)?;
        let facts = self.item_facts(item);
        let ranker = self.ranker(facts.group(), Side::Lists)?;
        let state = overlay.find(self, who);
        let mut profile = Profile::default();
        profile.load(self, state);
        let pair = self.pair_features(overlay, &profile, state, &facts, now);
        let features = features_of_pair(&profile, &facts, self.item_vector(item), pair);
        let snapshot = self.snapshot();
        let named = |names: &[String], causes: &mut dyn Iterator<Item = (u32, f32)>| -> Vec<Cause> {
            causes.map(|(at, amount)| Cause { what: names[at as usize].clone(), amount }).collect()
        };
        let causes = |feature| match feature {
            "factors" => named(&snapshot.items.id, &mut self.factor_causes(&profile, state, facts.item)),
            "neighbours" => named(&snapshot.items.id, &mut self.neighbour_causes(&profile, facts.item)),
            "topic_lift" => named(&snapshot.topics, &mut self.topic_causes(&profile, facts.item).into_iter()),
            _ => Vec::new(),
        };
        let added = FEATURES.into_iter().zip(features).zip(ranker.contributions(&features));
        let parts = added.map(|((feature, value), contribution)| FeatureContribution {
            feature,
            value,
            contribution,
            causes: causes(feature),
            of_age_band: if feature == "factors" { self.band_factor_part(&profile, state, facts.item) } else { 0.0 },
        });
        Some(Explanation { logit: ranker.logit(&features), base: ranker.base(), parts: parts.collect() })
    }
}
