//! The members who can be pushed each item of a plan.

use std::collections::{BTreeMap, BTreeSet};

use zhihui_data::snapshot::Side;

use super::{BandPlanRequest, MAX_PLAN_ITEMS, MIN_PLAN_ITEMS};
use crate::{
    Engine, Overlay,
    audience::{
        AudienceError, AudienceRequest, StopCheck, Target,
        funnel::Funnel,
        selection::{RankedMember, ResolvedTarget},
    },
    eligibility::ItemTerms,
    scoring::group_of,
};

/// An item with the members who can be pushed it.
#[derive(Debug)]
pub(super) struct ItemCandidates {
    /// The item's id.
    pub(super) id: String,
    /// The request for an audience of the item.
    pub(super) audience: AudienceRequest,
    /// Its row.
    pub(super) item: usize,
    pub(super) terms: ItemTerms,
    /// Members who meet the rule and are no candidates, by reason.
    pub(super) excluded: BTreeMap<String, usize>,
    /// The candidates, by rank.
    pub(super) ranked: Vec<RankedMember>,
    /// Whether the probabilities are calibrated.
    pub(super) calibrated: bool,
    /// The variation of responses between items, if known.
    pub(super) dispersion: Option<f32>,
}

impl Engine {
    /// The candidates of every item among the members who meet the rule.
    pub(super) fn plan_candidates(
        &self,
        overlay: &Overlay,
        request: &BandPlanRequest,
        matching: &[u32],
        stop: &StopCheck<'_>,
    ) -> Result<Vec<ItemCandidates>, AudienceError> {
        let distinct = request.items.iter().collect::<BTreeSet<_>>().len();
        if distinct != request.items.len() || !(MIN_PLAN_ITEMS..=MAX_PLAN_ITEMS).contains(&distinct) {
            return Err(AudienceError::BadPlanItems(distinct));
        }
        let candidates = |(place, id): (usize, &String)| {
            if stop() {
                return Err(AudienceError::Stopped);
            }
            let target = self.target(&Target::Item(id.clone()))?;
            let ResolvedTarget::Item(item) = target else { return Err(AudienceError::UnknownItem(id.clone())) };
            let terms = ItemTerms::of(self.snapshot(), item);
            // The rule is the same for all items, so it is evaluated once, by the caller.
            let mut audience =
                AudienceRequest { target: Target::Item(id.clone()), rule: None, ..request.audience.clone() };
            if let Some(exclusions) = request.exclusions.get(place) {
                audience.exclusions.clone_from(exclusions);
            }
            let mut funnel = Funnel::of_rows(matching.to_vec());
            self.filter_matching(overlay, &audience, (target, Some(&terms)), &mut funnel)?;
            let ranker = self.ranker(group_of(self.snapshot().items.kind[item]), Side::Audiences);
            Ok(ItemCandidates {
                id: id.clone(),
                item,
                ranked: self.rank(overlay, target, &funnel.rows, audience.now),
                excluded: funnel.excluded,
                terms,
                audience,
                calibrated: ranker.is_some_and(|ranker| ranker.calibrated),
                dispersion: ranker.and_then(|ranker| ranker.dispersion),
            })
        };
        request.items.iter().enumerate().map(candidates).collect()
    }
}
