//! The effect of the exposure floor on one member's list, for the model card.

use std::iter::zip;

use super::exposure_floor::attention;
use crate::{
    Engine, Language, Overlay,
    answer::{RecommendRequest, Who},
    overlay::MemberState,
    scoring::{Profile, probability},
};

/// One member's list with one floor, without exploration.
#[derive(Debug, Clone, PartialEq)]
pub struct FlooredList {
    /// Row numbers of items, best first.
    pub items: Vec<u32>,
    /// Expected responses of the list: probabilities weighted by the attention of their positions, 1 / log₂(1 +
    /// position).
    pub expected_responses: f64,
    /// Items held by the member's own union.
    pub own_union: GroupAttention,
    /// Items whose reach in the member's age band is at least a fifth above their reach among all members.
    pub age_band: GroupAttention,
}

/// A group's share of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupAttention {
    /// Its share among all candidates of the member.
    pub offered: f64,
    /// Its share of the list's attention.
    pub received: f64,
}

impl Engine {
    /// Returns the member's list of `n` items at `now` with each of these floors. A floor of 0 has no effect. Empty for
    /// an unknown member.
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
            let floored = self.apply_floor(&base, &scored, &profile, floor);
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
