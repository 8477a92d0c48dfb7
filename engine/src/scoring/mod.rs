//! The scorer: computes features of a member and an item and weighs them into a probability.
//!
//! Lists and audiences gather the same features in different orders and pass them to the same functions. If one ranker
//! serves both sides, a pair has exactly the same probability on both, to the bit.

mod activity;
mod dot;
mod explanation;
mod features;
mod fold_in;
mod item_facts;
mod item_part;
mod item_scorer;
mod member_columns;
mod member_features;
mod preference;
mod profile;
mod push_level;
mod ranker;
mod recent_actions;
mod vector_explanation;
mod weights;

pub(crate) use activity::{ActivityCounts, ActivityFeatures, series_weight};
pub(crate) use dot::dot;
pub use explanation::{Cause, Explanation, FeatureContribution};
pub use features::{FEATURES, N_FEATURES};
pub(crate) use features::{
    MemberPart, PairFeatures, closing, features_of_pair, features_of_part, freshness, is_exposure, log_evidence,
    log_reach, mean_lift,
};
pub(crate) use fold_in::{fold_in, fold_in_model};
pub(crate) use item_facts::{ItemFacts, group_of};
pub use item_part::ItemPart;
pub(crate) use item_scorer::ItemScorer;
pub(crate) use member_columns::MemberColumns;
pub use member_features::MemberFeatures;
pub(crate) use profile::{MemberFacts, Profile};
pub(crate) use push_level::PushLevel;
pub(crate) use ranker::{Ranker, logit, probability};
pub(crate) use recent_actions::RecentActions;
use recent_actions::{MAX_RECENT_ITEMS, is_current_action};
pub(crate) use vector_explanation::VectorExplanation;
pub use weights::{attention_weight, event_weight, interaction_weight};

use zhihui_data::snapshot::{ItemGroup, Side};

use crate::Engine;

impl Engine {
    /// The calibrated logit of a pair on one side. `vector` is the item's.
    ///
    /// Without a ranker, the probability is the share of the member's age band that the item reached. An item that was
    /// opened or published within the last week and has reached no member yet gets the mean reach of its group.
    #[inline(always)]
    pub(crate) fn logit(
        &self,
        side: Side,
        profile: &Profile,
        facts: &ItemFacts,
        vector: &[f32],
        pair: PairFeatures,
    ) -> f32 {
        match self.ranker(facts.group(), side) {
            Some(ranker) => ranker.logit(&features_of_pair(profile, facts, vector, pair)),
            None => self.popular_logit(profile.facts.band, facts),
        }
    }

    /// The logit of an age band if popularity ranks.
    pub(crate) fn popular_logit(&self, band: usize, facts: &ItemFacts) -> f32 {
        let reach = self.reach(band, facts.item);
        let is_new = facts.since > self.snapshot().as_of - 7 * 86_400;
        logit(if reach <= 0.0 && is_new { self.mean_reach(facts.group()) } else { reach })
    }

    /// Whether the probabilities of a group of items on one side are calibrated on real exposures.
    pub(crate) fn is_calibrated(&self, group: ItemGroup, side: Side) -> bool {
        self.ranker(group, side).is_some_and(|ranker| ranker.calibrated)
    }
}
