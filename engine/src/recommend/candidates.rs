//! The candidates of a member's list, for training: the same filters as in serving.

use crate::{
    Engine, Language, Overlay,
    answer::{RecommendRequest, Who},
    overlay::MemberState,
    scoring::Profile,
};

impl Engine {
    /// Returns the items that can be in a member's list at `now`: offered, the member admitted, not read or signed up
    /// for before. Row numbers, ascending. Empty for an unknown member.
    #[must_use]
    pub fn candidates(&self, member: usize, now: i64) -> Vec<u32> {
        let Some(id) = self.snapshot().members.id.get(member) else { return Vec::new() };
        let request = RecommendRequest {
            who: Who::Member(id),
            n: usize::MAX,
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
        let signals = self.signals_without_neighbours(&profile, state, &request);
        let may_be_listed = |&&slot: &&u32| {
            let slot = slot as usize;
            self.seats_if_offered(&overlay, slot, &signals[slot], &profile, &request).is_some()
        };
        let offered = &self.pool_state(now).offered;
        offered.iter().filter(may_be_listed).map(|&slot| self.pool().facts[slot as usize].item).collect()
    }

    /// Returns the [`candidates`](Self::candidates) that exploration may draw at `now`: new items with few contacts at
    /// the snapshot. Ascending.
    #[must_use]
    pub fn explorable(&self, member: usize, now: i64) -> Vec<u32> {
        let is_open = |&item: &u32| {
            let slot = self.pool().slot_of(item);
            slot.is_some_and(|slot| self.new_items().explorable(self.pool(), slot, now, |_| 0).is_some())
        };
        self.candidates(member, now).into_iter().filter(is_open).collect()
    }

    /// Returns the items of the pool that are offered to any member at `now`.
    #[must_use]
    pub fn on_offer(&self, now: i64) -> Vec<u32> {
        self.pool_state(now).offered.iter().map(|&slot| self.pool().facts[slot as usize].item).collect()
    }
}
