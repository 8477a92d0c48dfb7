//! Demand by union: who would come if all candidates were pushed, and who would come but cannot be reached.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::NONE;

use crate::{
    Engine, Overlay,
    audience::{AudienceRequest, selection::Candidates},
    eligibility::{ItemTerms, set_limit},
};

/// The demand of one union. Counts only members who meet the rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionDemand {
    /// Id of the union. Null for members without a union, and for members of unions that the caller may not see.
    pub union_id: Option<String>,
    /// Name of the union; null as `union_id`.
    pub union_name: Option<String>,
    /// Members.
    pub members: usize,
    /// Members who can be pushed: reachable, eligible, not signed up, and below the caps.
    pub candidates: usize,
    /// Expected number of members who would sign up if all candidates were pushed.
    pub expected_takers: f64,
    /// Members who are signed up; null as `union_id`.
    pub signed_up: Option<u32>,
    /// Seats left by the cap of the union; null without a cap, and as `union_id`.
    pub seats_left: Option<u32>,
    /// Whether the sign-ups so far and the expected ones earn the union a session of its own; null if the item has no
    /// such threshold, and as `union_id`.
    pub own_session: Option<bool>,
}

/// A union whose members would come but cannot be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionToPhone {
    /// Id of the union.
    pub union_id: String,
    /// Name of the union.
    pub union_name: String,
    /// Members who meet the rule, are eligible, not signed up and allow personalised lists, but have no openid or do not
    /// follow the account.
    pub members: usize,
    /// Expected number of them who would sign up if they were asked.
    pub expected_takers: f64,
}

/// Sums of one union.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    members: usize,
    candidates: usize,
    takers: f64,
    unreachable: usize,
    unreachable_takers: f64,
}

impl Engine {
    pub(super) fn demand_by_union(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        terms: &ItemTerms,
        candidates: &Candidates,
    ) -> (Vec<UnionDemand>, Vec<UnionToPhone>) {
        let unions = &self.snapshot().members.union;
        let top = request.within.as_deref().map(|union| self.union_row(union).map_or(NONE, |row| row as u32));
        let is_visible = |union: u32| union != NONE && top.is_none_or(|top| self.union_tree().is_within(union, top));
        let union_of = |row: u32| Some(unions[row as usize]).filter(|&union| is_visible(union)).unwrap_or(NONE);
        let mut sums: BTreeMap<u32, Sums> = BTreeMap::new();
        let level = self.push_level_of(candidates.target);
        for &row in &candidates.matching {
            sums.entry(union_of(row)).or_default().members += 1;
        }
        for member in &candidates.ranked {
            let sum = sums.entry(union_of(member.row)).or_default();
            sum.candidates += 1;
            sum.takers += level.probability(member.probability);
        }
        let unreachable = self.unreachable(overlay, request, terms, candidates);
        for member in self.rank(overlay, candidates.target, &unreachable, request.now) {
            let sum = sums.entry(union_of(member.row)).or_default();
            sum.unreachable += 1;
            sum.unreachable_takers += level.probability(member.probability);
        }
        let mut demand: Vec<UnionDemand> =
            sums.iter().map(|(&union, sums)| self.union_demand(overlay, terms, union, sums)).collect();
        demand.sort_by(|left, right| right.expected_takers.total_cmp(&left.expected_takers));
        let to_phone = sums.iter().filter(|(union, sums)| **union != NONE && sums.unreachable > 0);
        let mut to_phone: Vec<UnionToPhone> = to_phone
            .map(|(&union, sums)| UnionToPhone {
                union_id: self.snapshot().unions.id[union as usize].clone(),
                union_name: self.snapshot().unions.name[union as usize].clone(),
                members: sums.unreachable,
                expected_takers: sums.unreachable_takers,
            })
            .collect();
        to_phone.sort_by(|left, right| right.expected_takers.total_cmp(&left.expected_takers));
        (demand, to_phone)
    }

    fn union_demand(&self, overlay: &Overlay, terms: &ItemTerms, union: u32, sums: &Sums) -> UnionDemand {
        let known = (union != NONE).then_some(union);
        let signed_up = known.map(|union| {
            let stored = i64::from(self.union_sign_ups().members(union, terms.item));
            u32::try_from((stored + overlay.union_mates(terms.item, union)).max(0)).unwrap_or(u32::MAX)
        });
        let threshold = set_limit(self.snapshot().items.own_session_at[terms.item as usize]);
        let cap = set_limit(terms.per_union_cap);
        UnionDemand {
            union_id: known.map(|union| self.snapshot().unions.id[union as usize].clone()),
            union_name: known.map(|union| self.snapshot().unions.name[union as usize].clone()),
            members: sums.members,
            candidates: sums.candidates,
            expected_takers: sums.takers,
            signed_up,
            seats_left: known.zip(cap).map(|(union, cap)| self.seats_left_in_union(overlay, terms.item, union, cap)),
            own_session: signed_up
                .zip(threshold)
                .map(|(signed_up, threshold)| f64::from(signed_up) + sums.takers >= f64::from(threshold.max(1))),
        }
    }

    /// Members who would be candidates if they could be reached. Caps on pushes do not apply to them.
    fn unreachable(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        terms: &ItemTerms,
        candidates: &Candidates,
    ) -> Vec<u32> {
        let is_wanted = |&row: &u32| {
            let row = row as usize;
            let state = overlay.member(row);
            let is_reachable = overlay.openid(self, row).is_some() && overlay.follows(self, row);
            !is_reachable
                && overlay.allows_personalised(self, state)
                && self.is_eligible(overlay, terms, row, request.now).is_ok()
                && self.is_new_in_audience(state, terms).is_ok()
        };
        candidates.matching.iter().copied().filter(is_wanted).collect()
    }
}
