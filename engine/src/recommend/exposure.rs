//! What a floor on exposure does to one member's list: for the model card.

use std::iter::zip;

use super::floor::exposure;
use crate::{
    Engine, Language, Overlay,
    answer::{RecommendRequest, Who},
    overlay::MemberState,
    scoring::{Profile, probability},
};

/// One member's list under one floor, without exploration.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedList {
    /// Items by index, best first.
    pub items: Vec<u32>,
    /// Responses expected of the list: probabilities, each times the exposure of its place, 1 / log₂(1 + place).
    pub expected_responses: f64,
    /// Items held by the member's own union.
    pub own_union: GroupExposure,
    /// Items that reached the member's age band by a fifth more than all members.
    pub age_band: GroupExposure,
}

/// How much of a list a group of items has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupExposure {
    /// Its share among all that the member could be listed.
    pub offered: f64,
    /// Its share of the list's exposure.
    pub exposed: f64,
}

impl Engine {
    /// The member's list of `n` at `now` under each of these floors; 0 is the list without one. Empty for a member who is not
    /// there.
    #[must_use]
    pub fn lists_under_floors(&self, member: usize, n: usize, now: i64, floors: &[f64]) -> Vec<ExposedList> {
        let Some(id) = self.snapshot().members.id.get(member) else { return Vec::new() };
        let request = RecommendRequest {
            who: Who::Member(id),
            n,
            kind: None,
            topic: None,
            exclude: &[],
            general: false,
            now,
            language: Language::Zh,
        };
        let (overlay, state) = (Overlay::default(), MemberState { row: Some(member), ..MemberState::default() });
        let mut profile = Profile::default();
        profile.load(self, state);
        let notes = self.notes(&profile, state, &request);
        let mut lifts = vec![[f32::NAN; 2]; self.snapshot().topics.len()];
        let moment = self.moment(now);
        let scored = self.scored(&overlay, &profile, &notes, &mut lifts, &moment, &request);
        let base = self.compose(scored.clone(), n);
        let under = |&floor: &f64| {
            let floored = self.with_floor(&base, &scored, &profile, floor);
            let expected = floored.list.iter().enumerate().map(|(at, one)| probability(one.logit) * exposure(at)).sum();
            let groups: Vec<GroupExposure> = zip(floored.offered, floored.exposed)
                .map(|(offered, exposed)| GroupExposure { offered, exposed })
                .collect();
            ExposedList {
                items: floored.list.iter().map(|one| self.pool().facts[one.slot].item).collect(),
                expected_responses: expected,
                own_union: groups[0],
                age_band: groups[1],
            }
        };
        floors.iter().map(under).collect()
    }
}
