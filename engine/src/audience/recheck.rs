//! Checks the members of a frozen list again before they are pushed to: what has changed since the list was made.

use rayon::prelude::*;

use super::{
    AudienceError, AudienceRequest, exclusion::ActiveExclusions, push_caps::ActiveCaps, standing_hold_out::HoldOuts,
};
use crate::{Engine, Ineligible, Overlay};

/// Fewest members that are worth another thread.
const IDS_PER_TASK: usize = 1_000;

/// What to check besides whether members can be pushed to at all, exclusions and caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recheck {
    /// Also whether the item is still offered to the member and the member has not taken it up. For lists of which nothing
    /// is sent yet: the answers differ between the arms after a push.
    BeforeFirstPush,
    /// Nothing else. For the rest of a list that is being sent.
    WhileSending,
    /// Nothing else, and no caps, because the list's own pushes are recorded and count against them. For a file that is
    /// written again.
    AfterPush,
}

impl Engine {
    /// For each member, the reason not to push to the member now, with the names of the funnel's exclusions; `None` for
    /// members who can be pushed to.
    ///
    /// The steps are those of [`Engine::audience`] without its rule, ranking, quota and limit. Of the request, the item or
    /// topic, the time, the caps, the exclusions and the standing hold-outs count. Whoever the list holds out already because of
    /// a standing hold-out has that reason, too.
    ///
    /// # Errors
    /// [`AudienceError`] if the item or topic is unknown, or, before the first push, the item of a variant is not offered.
    pub fn recheck(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        member_ids: &[&str],
        recheck: Recheck,
    ) -> Result<Vec<Option<&'static str>>, AudienceError> {
        let target = self.target(&request.target)?;
        let (terms, variant_items) = match recheck {
            Recheck::BeforeFirstPush => (self.terms(target), Some(self.variant_items(request)?)),
            Recheck::WhileSending | Recheck::AfterPush => (None, None),
        };
        let is_urgent = self.is_urgent(request, target);
        let exclusions = ActiveExclusions::of(&request.exclusions, is_urgent);
        let caps = (recheck != Recheck::AfterPush).then(|| ActiveCaps::of(self, overlay, request, is_urgent));
        let hold_outs = HoldOuts::of(self, request, target);
        let check = |id: &&str| -> Result<(), &'static str> {
            let row = self.delivery(overlay, id).map_err(super::Undeliverable::as_str)?.member;
            if let Some(terms) = &terms {
                self.is_eligible(overlay, terms, row, request.now).map_err(Ineligible::code)?;
                self.is_new_in_audience(overlay.member(row), terms).map_err(Ineligible::code)?;
            }
            if let Some(items) = &variant_items {
                self.check_variants(overlay, items, row, request.now)?;
            }
            exclusions.check(row)?;
            caps.as_ref().map_or(Ok(()), |caps| caps.check(row))?;
            hold_outs.standing_kind_of(id).map_or(Ok(()), |kind| Err(kind.exclusion()))
        };
        Ok(member_ids.par_iter().with_min_len(IDS_PER_TASK).map(|id| check(id).err()).collect())
    }
}
