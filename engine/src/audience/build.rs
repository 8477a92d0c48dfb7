//! Builds an audience: filters members step by step, ranks them, and assigns the two experiment arms.

use rayon::prelude::*;

use super::{
    AudienceError, AudienceRequest, AudienceResult, AudienceRow, ExperimentArm, HoldOutKind, Selection, Target,
    evaluate::{Evaluation, Resolver, StopCheck},
    exclusion::ActiveExclusions,
    funnel::{Funnel, reachable},
    push_caps::ActiveCaps,
    selection::{AudienceSelection, Candidates, Invitation, QuotaMember, ResolvedTarget},
    standing_hold_out::HoldOuts,
};
use crate::{Engine, Ineligible, Overlay, eligibility::ItemTerms, scoring::MemberFacts};

impl Engine {
    /// Returns the audience of a request, with its preview.
    ///
    /// The steps are: rule, reachable, personalised, eligible, not signed up, caps. The remaining members are ranked by
    /// probability, limited by the quotas of unions and seats as the request's [`Selection`] says, and cut at limit /
    /// (1 − hold-out). The quotas count the members to push to only, so that these are expected to fill the seats. A
    /// stable hash then selects the hold-out within the cut. If the hash selects less than the requested share, the cut
    /// ends earlier, so that the arm `push` never exceeds the limit.
    ///
    /// Members in a standing hold-out stay in the list, in the arm `hold_out`: that they would have been pushed to is a
    /// fact, too. The share of members who are not pushed to is then 1 − (1 − hold-out) · (1 − standing share), because the
    /// hashes are independent, and the cut is computed from it. The hold-out of the list is drawn among the others, so its
    /// share among the members who can be pushed to is the requested one.
    ///
    /// If the request has variants, its members can join the items of all of them, and both arms are divided among the
    /// variants. The target decides about rank and cut; probabilities are those of the item that a member gets.
    ///
    /// `resolve` finds saved audiences by id.
    ///
    /// # Errors
    /// [`AudienceError`] if the target is unknown or the rule is invalid.
    pub fn audience(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        resolve: &Resolver<'_>,
    ) -> Result<AudienceResult, AudienceError> {
        self.audience_until(overlay, request, resolve, &|| false)
    }

    /// Like [`Engine::audience`], but stops early when `stop` returns true. `stop` is called before each condition and
    /// each step.
    ///
    /// # Errors
    /// As [`Engine::audience`], and [`RuleError::Stopped`](super::RuleError::Stopped) or [`AudienceError::Stopped`].
    pub fn audience_until(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<AudienceResult, AudienceError> {
        let candidates = self.ranked_candidates(overlay, request, resolve, stop)?;
        if stop() {
            return Err(AudienceError::Stopped);
        }
        let selection = self.select(overlay, request, candidates);
        Ok(self.result(overlay, request, selection))
    }

    /// Runs the steps up to the ranking.
    pub(super) fn ranked_candidates(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<Candidates, AudienceError> {
        if !(0.0..1.0).contains(&request.hold_out) {
            return Err(AudienceError::BadHoldOut(request.hold_out));
        }
        let target = self.target(&request.target)?;
        let terms = self.terms(target);
        if request.selection == Selection::Even && !terms.as_ref().is_some_and(ItemTerms::has_seats) {
            let (Target::Item(name) | Target::Topic(name)) = &request.target;
            return Err(AudienceError::NoSeats(name.clone()));
        }
        let (funnel, matching) = self.filter_members(overlay, request, (target, terms.as_ref()), resolve, stop)?;
        if stop() {
            return Err(AudienceError::Stopped);
        }
        let ranked = self.rank(overlay, target, &funnel.rows, request.now);
        let variant_items = self.variant_items(request)?;
        Ok(Candidates { target, terms, variant_items, funnel, matching, ranked })
    }

    /// Runs the steps after the ranking.
    pub(super) fn select(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        candidates: Candidates,
    ) -> AudienceSelection {
        let Candidates { target, terms, variant_items, mut funnel, ranked, .. } = candidates;
        let (selection, share) = (request.selection, variant_items.target_share);
        let mut quota =
            self.within_quota_of_share(overlay, request, (target, terms.as_ref()), (selection, share), &ranked);
        funnel.exclude("union_quota", quota.union_quota);
        funnel.exclude("full", quota.full);
        let probabilities =
            self.within_other_quotas(overlay, (request, target), &variant_items, &mut quota.kept, &mut funnel);
        funnel.row("quota", quota.kept.len());
        let invitations = self.invite(&quota.kept, request, target);
        funnel.row("limit", invitations.len());
        funnel.exclude("limit", quota.kept.len() - invitations.len());
        let held_out = HoldOutKind::ALL
            .map(|kind| invitations.iter().filter(|invitation| invitation.hold_out == Some(kind)).count());
        funnel.row("hold_out", invitations.len() - held_out.iter().sum::<usize>());
        for (kind, count) in HoldOutKind::ALL.into_iter().zip(held_out) {
            funnel.exclude(kind.exclusion(), count);
        }
        let mut rows = invited_rows(invitations);
        self.assign_variants(request, &variant_items, &probabilities, &mut rows);
        AudienceSelection { target, funnel, rows }
    }

    /// Returns the members that [`Engine::audience`] ranks for a request, before the union quota, as ascending row
    /// numbers.
    ///
    /// # Errors
    /// As [`Engine::audience`].
    pub fn audience_candidates(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        resolve: &Resolver<'_>,
    ) -> Result<Vec<u32>, AudienceError> {
        let target = self.target(&request.target)?;
        let terms = self.terms(target);
        Ok(self.filter_members(overlay, request, (target, terms.as_ref()), resolve, &|| false)?.0.rows)
    }

    /// Runs the steps before the ranking. For an item with seats, also returns the rows of all members who meet the rule.
    pub(super) fn filter_members(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        (target, terms): (ResolvedTarget, Option<&ItemTerms>),
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<(Funnel, Vec<u32>), AudienceError> {
        let within = request.within.as_deref();
        let evaluation = Evaluation { engine: self, overlay, now: request.now, within, resolve, stop };
        let mut funnel = Funnel::of_rule(&evaluation, request.rule.as_ref())?;
        let has_seats = terms.is_some_and(ItemTerms::has_seats);
        let matching = if has_seats { funnel.rows.clone() } else { Vec::new() };
        self.filter_matching(overlay, request, (target, terms), &mut funnel)?;
        Ok((funnel, matching))
    }

    /// Runs the steps between the rule and the ranking for the members of a funnel.
    pub(super) fn filter_matching(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        (target, terms): (ResolvedTarget, Option<&ItemTerms>),
        funnel: &mut Funnel,
    ) -> Result<(), AudienceError> {
        let variant_items = self.variant_items(request)?;
        funnel.keep("reachable", |row| reachable(self, overlay, row));
        funnel.keep("personalised", |row| {
            if overlay.allows_personalised(self, overlay.member(row)) { Ok(()) } else { Err("opted_out") }
        });
        funnel.keep("eligible", |row| {
            terms.map_or(Ok(()), |terms| self.is_eligible(overlay, terms, row, request.now)).map_err(Ineligible::code)
        });
        funnel.keep("not_signed_up", |row| {
            let is_new = |terms| self.is_new_in_audience(overlay.member(row), terms);
            terms.map_or(Ok(()), is_new).map_err(Ineligible::code)?;
            self.check_variants(overlay, &variant_items, row, request.now)
        });
        let is_urgent = self.is_urgent(request, target);
        let exclusions = ActiveExclusions::of(&request.exclusions, is_urgent);
        exclusions.count(&request.exclusions, funnel);
        let caps = ActiveCaps::of(self, overlay, request, is_urgent);
        funnel.keep("caps", |row| {
            exclusions.check(row)?;
            caps.check(row)
        });
        Ok(())
    }

    /// Checks that the item is offered now, admits the member, and has seats left for the member.
    pub(super) fn is_eligible(
        &self,
        overlay: &Overlay,
        terms: &ItemTerms,
        row: usize,
        now: i64,
    ) -> Result<(), Ineligible> {
        let member = MemberFacts::of(self, Some(row));
        terms.is_offered(now)?;
        self.admits(terms, &member)?;
        let tickets = || self.union_sign_ups().tickets(member.union, terms.item);
        self.seats_left_for(overlay, terms, (member.union, false), tickets).map(|_| ())
    }

    pub(super) fn terms(&self, target: ResolvedTarget) -> Option<ItemTerms> {
        match target {
            ResolvedTarget::Item(item) => Some(ItemTerms::of(self.snapshot(), item)),
            ResolvedTarget::Topic(_) => None,
        }
    }

    pub(super) fn target(&self, target: &Target) -> Result<ResolvedTarget, AudienceError> {
        match target {
            Target::Item(id) => {
                self.item_row(id).map(ResolvedTarget::Item).ok_or_else(|| AudienceError::UnknownItem(id.clone()))
            }
            Target::Topic(topic) => {
                let row = self.topic_row(topic).ok_or_else(|| AudienceError::UnknownTopic(topic.clone()))? as u32;
                if self.is_sensitive(row) {
                    return Err(AudienceError::SensitiveTopic(topic.clone()));
                }
                Ok(ResolvedTarget::Topic(row))
            }
        }
    }

    /// Whether everything that a request pushes is urgent.
    pub(super) fn is_urgent(&self, request: &AudienceRequest, target: ResolvedTarget) -> bool {
        let items = self.pushed_items(request, target);
        !items.is_empty() && items.iter().all(|&item| self.snapshot().items.urgent[item])
    }

    /// Returns the members within the cut, with their arms, in the order of invitation.
    pub(super) fn invite(
        &self,
        kept: &[QuotaMember],
        request: &AudienceRequest,
        target: ResolvedTarget,
    ) -> Vec<Invitation> {
        let hold_outs = HoldOuts::of(self, request, target);
        let limit = request.limit.unwrap_or(usize::MAX);
        let cut = match request.limit {
            Some(limit) => (limit as f64 / hold_outs.pushed_share()).ceil() as usize,
            None => usize::MAX,
        };
        let within_cut = &kept[..cut.min(kept.len())];
        let kinds = hold_outs.kinds(self, within_cut.par_iter().map(|kept| kept.member.row));
        // Up to the last member of the arm `push` who is within the limit.
        let mut pushed = 0;
        let invited = kinds.iter().take_while(|hold_out| {
            let is_invited = pushed < limit;
            pushed += usize::from(hold_out.is_none());
            is_invited
        });
        let invited = invited.count();
        let invitation = |(&kept, &hold_out)| Invitation { kept, hold_out };
        within_cut[..invited].par_iter().zip(&kinds[..invited]).map(invitation).collect()
    }
}

/// The invited members by rank.
fn invited_rows(mut invitations: Vec<Invitation>) -> Vec<AudienceRow> {
    invitations.sort_unstable_by_key(|invitation| invitation.kept.member.place());
    let row = |(place, invitation): (usize, Invitation)| AudienceRow {
        rank: place + 1,
        member: invitation.kept.member.row as usize,
        openid: String::new(),
        variant: None,
        arm: invitation.hold_out.map_or(ExperimentArm::Push, |_| ExperimentArm::HoldOut),
        hold_out: invitation.hold_out,
        probability: invitation.kept.member.probability,
        reasons: Vec::new(),
    };
    invitations.into_par_iter().enumerate().map(row).collect()
}
