//! Explains a probability by its features and by the member's history.

use serde::Serialize;
use zhihui_data::snapshot::Side;

use super::{FEATURES, Profile, features_of_pair};
use crate::{Engine, Overlay, answer::Who};

/// The complete explanation of a pair's probability. Reasons are its largest parts that can be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The log odds of the probability: `base` plus all contributions.
    pub logit: f32,
    /// The log odds of a pair with average features.
    pub base: f32,
    /// The contribution of each feature, in the order of [`FEATURES`].
    pub parts: Vec<FeatureContribution>,
}

/// The contribution of one feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureContribution {
    /// Name of the feature.
    pub feature: &'static str,
    /// Its value for the pair.
    pub value: f32,
    /// Its contribution to the log odds, compared with an average value.
    pub contribution: f32,
    /// The summands of the value, for `factors`, `neighbours` and `topic_lift`. Empty for other features, and for
    /// `factors` if the vector comes from an earlier model and not from the current history.
    pub causes: Vec<Cause>,
    /// The part of `factors` that comes from the mean vector of the member's age band. Together with the causes it sums
    /// to the value. 0 for other features.
    pub of_age_band: f32,
}

/// A summand of a feature's value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// External id of an item in the member's history, or a topic of the item.
    pub what: String,
    /// The amount that it adds to the value. Negative if it lowers the score.
    pub amount: f32,
}

impl Engine {
    /// Explains the probability of a pair in the member's list. `None` if the item is unknown or no ranker ranks it.
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
