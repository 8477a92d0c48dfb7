//! What a floor on attention does to one member's list: for the model card.

use std::iter::zip;

use super::exposure_floor::attention;
use crate::{
    Engine, Language, Overlay,
    answer::{RecommendRequest, Who},
    overlay::MemberState,
    scoring::{Profile, probability},
};

/// One member's list under one floor, without exploration.
#[derive(Debug, Clone, PartialEq)]
pub struct FlooredList {
    /// Items by index, best first.
    pub items: Vec<u32>,
    /// Responses expected of the list: probabilities, each times the attention of its place, 1 / log₂(1 + place).
    pub expected_responses: f64,
    /// Items held by the member's own union.
    pub own_union: GroupAttention,
    /// Items that reached the member's age band by a fifth more than all members.
    pub age_band: GroupAttention,
}

/// How much of a list a group of items has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupAttention {
    /// Its share among all that the member could be listed.
    pub offered: f64,
    /// Its share of the list's attention.
    pub received: f64,
}

impl Engine {
    /// The member's list of `n` at `now` under each of these floors; 0 is the list without one. Empty for a member who is not
    /// there.
    #[must_use]
    pub fn lists_under_floors(&self, member: usize, n: usize, now: i64, floors: &[f64]) -> Vec<FlooredList> {
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
        let signals = self.member_item_signals(&profile, state, &request);
        let mut lifts = vec![[f32::NAN; 2]; self.snapshot().topics.len()];
        let pool_state = self.pool_state(now);
        let scored = self.scored(&overlay, &profile, &signals, &mut lifts, &pool_state, &request);
        let base = self.compose(scored.clone(), n);
        let under = |&floor: &f64| {
            let floored = self.with_floor(&base, &scored, &profile, floor);
            let expected =
                floored.list.iter().enumerate().map(|(at, one)| probability(one.logit) * attention(at)).sum();
            let groups: Vec<GroupAttention> = zip(floored.offered, floored.received)
                .map(|(offered, received)| GroupAttention { offered, received })
                .collect();
            FlooredList {
                items: floored.list.iter().map(|one| self.pool().facts[one.slot].item).collect(),
                expected_responses: expected,
                own_union: groups[0],
                age_band: groups[1],
            }
        };
        floors.iter().map(under).collect()
    }
}
