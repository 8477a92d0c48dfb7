//! The members who can be pushed each item of a plan.

use std::collections::BTreeSet;

use zhihui_data::snapshot::Side;

use super::{BandPlanRequest, MAX_PLAN_ITEMS, MIN_PLAN_ITEMS};
use crate::{
    Engine, Overlay,
    audience::{
        AudienceError, AudienceRequest, Resolver, StopCheck, Target,
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
    /// The candidates, by rank.
    pub(super) ranked: Vec<RankedMember>,
    /// Whether the probabilities are calibrated.
    pub(super) calibrated: bool,
    /// The variation of responses between items, if known.
    pub(super) dispersion: Option<f32>,
}

impl Engine {
    /// The candidates of every item among the members of `in_rule`, by row.
    pub(super) fn plan_candidates(
        &self,
        overlay: &Overlay,
        request: &BandPlanRequest,
        in_rule: &[bool],
        (resolve, stop): (&Resolver<'_>, &StopCheck<'_>),
    ) -> Result<Vec<ItemCandidates>, AudienceError> {
        let distinct = request.items.iter().collect::<BTreeSet<_>>().len();
        if distinct != request.items.len() || !(MIN_PLAN_ITEMS..=MAX_PLAN_ITEMS).contains(&distinct) {
            return Err(AudienceError::BadPlanItems(distinct));
        }
        let candidates = |id: &String| {
            if stop() {
                return Err(AudienceError::Stopped);
            }
            let target = self.target(&Target::Item(id.clone()))?;
            let ResolvedTarget::Item(item) = target else { return Err(AudienceError::UnknownItem(id.clone())) };
            let terms = ItemTerms::of(self.snapshot(), item);
            // The rule is the same for all items, so it is evaluated once, by the caller.
            let audience = AudienceRequest { target: Target::Item(id.clone()), rule: None, ..request.audience.clone() };
            let mut rows = self.filter_members(overlay, &audience, (target, Some(&terms)), resolve, stop)?.0.rows;
            rows.retain(|&row| in_rule[row as usize]);
            let ranker = self.ranker(group_of(self.snapshot().items.kind[item]), Side::Audiences);
            Ok(ItemCandidates {
                id: id.clone(),
                item,
                ranked: self.rank(overlay, target, &rows, audience.now),
                terms,
                audience,
                calibrated: ranker.is_some_and(|ranker| ranker.calibrated),
                dispersion: ranker.and_then(|ranker| ranker.dispersion),
            })
        };
        request.items.iter().map(candidates).collect()
    }
}
