//! The quota of an item: which of the ranked members fit into its seats.

use zhihui_data::snapshot::NONE;

use super::{
    AudienceRequest, Selection,
    quota::{Quota, SeatLimits},
    selection::{Candidates, RankedMember, ResolvedTarget},
    standing_hold_out::HoldOuts,
};
use crate::{
    Engine, Overlay,
    eligibility::{ItemTerms, set_limit},
    scoring::PushLevel,
};

impl Engine {
    /// Selects members within the quota of an item; all of them without an item.
    pub(super) fn within_quota(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        (target, terms): (ResolvedTarget, Option<&ItemTerms>),
        selection: Selection,
        ranked: &[RankedMember],
    ) -> Quota {
        self.within_quota_of_share(overlay, request, (target, terms), (selection, 1.0), ranked)
    }

    /// Like `within_quota` for an item that only this share of the members gets, drawn at random afterwards. `target` is that
    /// of the request, which decides about the hold-outs.
    pub(super) fn within_quota_of_share(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        (target, terms): (ResolvedTarget, Option<&ItemTerms>),
        (selection, share): (Selection, f64),
        ranked: &[RankedMember],
    ) -> Quota {
        let members = &self.snapshot().members;
        let hold_outs = HoldOuts::of(self, request, target);
        let capped = terms.and_then(|terms| Some((terms.item, set_limit(terms.per_union_cap)?)));
        let in_union = |union| {
            let (item, cap) = capped.filter(|_| union != NONE)?;
            Some(f64::from(self.seats_left_in_union(overlay, item, union, cap)))
        };
        let limits = SeatLimits {
            in_all: terms.and_then(|terms| self.seats_left_in_all(overlay, terms)).map(f64::from),
            in_union: capped.is_some().then_some(&in_union),
            unions: &members.union,
            tickets: share * terms.map_or(1.0, |terms| self.expected_tickets(terms)),
            level: terms.map_or(PushLevel::NONE, |terms| self.push_level(terms.item as usize)),
            is_held_out: &|row| hold_outs.kind_of(&members.id[row as usize]).is_some(),
        };
        limits.select(selection, ranked)
    }

    /// The same for the candidates of a request.
    pub(super) fn candidates_within_quota(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        selection: Selection,
        candidates: &Candidates,
    ) -> Quota {
        let target = (candidates.target, candidates.terms.as_ref());
        self.within_quota(overlay, request, target, selection, &candidates.ranked)
    }

    /// Expected tickets of a member who signs up: the mean over current sign-ups for items of this kind, at least 1 and
    /// at most the cap for one member.
    pub(super) fn expected_tickets(&self, terms: &ItemTerms) -> f64 {
        let mean = f64::from(self.mean_tickets(self.snapshot().items.kind[terms.item as usize])).max(1.0);
        terms.member_cap(true).map_or(mean, |cap| mean.min(f64::from(cap.max(1))))
    }
}
