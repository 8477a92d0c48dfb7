//! Builds an audience: filters members step by step, ranks them, and assigns the two experiment arms.

use rayon::prelude::*;

use super::{
    AudienceError, AudienceRequest, AudienceResult, AudienceRow, ExperimentArm, Target,
    evaluate::{Evaluation, Resolver, StopCheck},
    funnel::Funnel,
    quota::within_quota,
    selection::{AudienceSelection, RankedMember, ResolvedTarget},
    time,
};
use crate::{
    Engine, Ineligible, Overlay,
    eligibility::ItemTerms,
    scoring::{ItemScorer, MemberFacts, Profile, probability},
};
use zhihui_data::snapshot::{EventKind, NO_TIME};

impl Engine {
    /// Returns the audience of a request, with its preview.
    ///
    /// The steps are: rule, reachable, personalised, eligible, not signed up, caps. The remaining members are ranked by
    /// probability, limited by the quotas of unions and seats, and cut at limit / (1 − hold-out). A stable hash then
    /// selects the hold-out within the cut. If the hash selects less than the requested share, the cut ends earlier, so
    /// that the arm `push` never exceeds the limit.
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
        let go_on = || if stop() { Err(AudienceError::Stopped) } else { Ok(()) };
        if !(0.0..1.0).contains(&request.hold_out) {
            return Err(AudienceError::BadHoldOut(request.hold_out));
        }
        let target = self.target(&request.target)?;
        let terms = self.terms(target);
        let mut funnel = self.filter_members(overlay, request, (target, terms.as_ref()), resolve, stop)?;
        go_on()?;
        let ranked = self.rank(overlay, target, &funnel.rows, request.now);
        let ranked = match &terms {
            Some(terms) => {
                let (kept, refused) = within_quota(self, overlay, terms, ranked);
                refused.into_iter().for_each(|reason| funnel.exclude(reason, 1));
                kept
            }
            None => ranked,
        };
        funnel.row("quota", ranked.len());
        go_on()?;
        let rows = self.assign_arms(&ranked, request);
        funnel.row("limit", rows.len());
        funnel.exclude("limit", ranked.len() - rows.len());
        let held_out = rows.iter().filter(|row| row.arm == ExperimentArm::HoldOut).count();
        funnel.row("hold_out", rows.len() - held_out);
        funnel.exclude("hold_out", held_out);
        Ok(self.result(overlay, request, AudienceSelection { target, funnel, rows }))
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
        Ok(self.filter_members(overlay, request, (target, terms.as_ref()), resolve, &|| false)?.rows)
    }

    /// Runs the steps before the ranking.
    pub(super) fn filter_members(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        (target, terms): (ResolvedTarget, Option<&ItemTerms>),
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<Funnel, AudienceError> {
        let within = request.within.as_deref();
        let evaluation = Evaluation { engine: self, overlay, now: request.now, within, resolve, stop };
        let mut funnel = Funnel::of_rule(&evaluation, request.rule.as_ref())?;
        funnel.keep("reachable", |row| match overlay.openid(self, row) {
            None => Err("no_openid"),
            Some(_) if !overlay.follows(self, row) => Err("not_following"),
            Some(_) => Ok(()),
        });
        funnel.keep("personalised", |row| {
            if overlay.allows_personalised(self, overlay.member(row)) { Ok(()) } else { Err("opted_out") }
        });
        let code = Ineligible::code;
        funnel.keep("eligible", |row| {
            let profile = Profile { facts: MemberFacts::of(self, Some(row)), ..Profile::default() };
            terms.map_or(Ok(()), |terms| {
                terms.is_offered(request.now).map_err(code)?;
                self.admits(terms, &profile.facts).map_err(code)?;
                let tickets = self.union_sign_ups().tickets(profile.facts.union, terms.item);
                self.seats_left(overlay, terms, &profile, tickets).map(|_| ()).map_err(code)
            })
        });
        funnel.keep("not_signed_up", |row| {
            let state = overlay.member(row);
            terms.map_or(Ok(()), |terms| self.is_new_in_audience(state, terms).map_err(code))
        });
        let is_urgent = matches!(target, ResolvedTarget::Item(item) if self.snapshot().items.urgent[item]);
        funnel.keep("caps", |row| self.within_caps(overlay, row, is_urgent, request));
        Ok(funnel)
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

    /// Checks that one more push respects `WeChat`'s cap and, unless the item is urgent, our own caps.
    fn within_caps(
        &self,
        overlay: &Overlay,
        row: usize,
        is_urgent: bool,
        request: &AudienceRequest,
    ) -> Result<(), &'static str> {
        let (snapshot, caps) = (self.snapshot(), &request.caps);
        let month = snapshot.zone.month_start(time::utc(request.now)).timestamp();
        let week = request.now - 7 * 86_400;
        let today = snapshot.zone.midnight(snapshot.zone.day(time::utc(request.now))).timestamp();
        let earliest = month.min(week);
        let stored = snapshot.history.of(row);
        let first = stored.start + snapshot.history.at[stored.clone()].partition_point(|&at| at < earliest);
        let pushes = (first..stored.end).filter(|&at| snapshot.history.kind[at] == EventKind::Push);
        let live = overlay.member(row).live.map_or(&[][..], |live| &live.events);
        let live = live.iter().filter(|event| event.kind == EventKind::Push).map(|event| event.at);
        let (mut in_month, mut in_week, mut in_day) = (0, 0, 0);
        for at in pushes.map(|at| snapshot.history.at[at]).chain(live).filter(|&at| at != NO_TIME) {
            in_month += u32::from(at >= month);
            in_week += u32::from(at >= week);
            in_day += u32::from(at >= today);
        }
        let over = |cap: Option<u32>, count: u32| cap.is_some_and(|cap| count >= cap);
        if in_month >= caps.per_month {
            Err("wechat_cap")
        } else if !is_urgent
            && (over(caps.own_per_month, in_month)
                || over(caps.own_per_7_days, in_week)
                || over(caps.own_per_day, in_day))
        {
            Err("own_cap")
        } else {
            Ok(())
        }
    }

    /// Ranks members by probability. Ties (all members of an age band, if popularity ranks) are broken by recent
    /// activity or by preference, then by id.
    pub(super) fn rank(&self, overlay: &Overlay, target: ResolvedTarget, rows: &[u32], now: i64) -> Vec<RankedMember> {
        let side = match target {
            ResolvedTarget::Item(item) => Some(ItemScorer::new(self, overlay, item, now)),
            ResolvedTarget::Topic(_) => None,
        };
        let score = |profile: &mut Profile, &row: &u32| {
            let state = overlay.member(row as usize);
            match (&side, target) {
                (Some(side), _) => {
                    profile.load(self, state);
                    let probability = probability(side.logit(profile, state));
                    RankedMember { row, probability, tie_breaker: profile.tie_breaker() }
                }
                (None, ResolvedTarget::Topic(topic)) => {
                    profile.load_evidence(self, state);
                    let tie_breaker = self.preference(profile, topic).unwrap_or(0.0);
                    RankedMember { row, probability: self.topic_probability(profile, topic), tie_breaker }
                }
                (None, ResolvedTarget::Item(_)) => RankedMember { row, probability: 0.0, tie_breaker: 0.0 },
            }
        };
        let mut ranked: Vec<RankedMember> = rows.par_iter().map_init(Profile::default, score).collect();
        ranked.par_sort_unstable_by(|left, right| {
            let by_probability = right.probability.total_cmp(&left.probability);
            by_probability.then(right.tie_breaker.total_cmp(&left.tie_breaker)).then(left.row.cmp(&right.row))
        });
        ranked
    }

    /// Returns the members within the cut, with their arms, in order of rank.
    fn assign_arms(&self, ranked: &[RankedMember], request: &AudienceRequest) -> Vec<AudienceRow> {
        let limit = request.limit.unwrap_or(usize::MAX);
        let cut = match request.limit {
            Some(limit) => (limit as f64 / (1.0 - request.hold_out)).ceil() as usize,
            None => usize::MAX,
        };
        let (Target::Item(target) | Target::Topic(target)) = &request.target;
        let mut pushed = 0;
        let mut rows = Vec::new();
        for member in ranked.iter().take(cut) {
            if pushed == limit {
                break;
            }
            let id = &self.snapshot().members.id[member.row as usize];
            let arm = ExperimentArm::of(&request.salt, target, id, request.hold_out);
            pushed += usize::from(arm == ExperimentArm::Push);
            let (member, probability) = (member.row as usize, member.probability);
            let (rank, openid) = (rows.len() + 1, String::new());
            rows.push(AudienceRow { rank, member, openid, arm, probability, reasons: Vec::new() });
        }
        rows
    }
}
