//! Eligibility: whether a member may be offered an item now, and which limit is not met.
//!
//! A missing attribute fails every limit set on it.

mod ineligible;
mod item_terms;

use zhihui_data::snapshot::{EventKind, NONE};

pub use ineligible::Ineligible;
pub(crate) use item_terms::{ItemTerms, set_limit};

use crate::{
    Engine, Overlay,
    answer::Who,
    overlay::MemberState,
    scoring::{MemberFacts, Profile},
};

impl Engine {
    /// Whether a member may be offered an item at `now`: the number of seats that the member can take (`None` without
    /// limit), or the first limit that is not met. Returns `None` if the item is unknown.
    #[must_use]
    pub fn eligibility(
        &self,
        overlay: &Overlay,
        who: Who<'_>,
        item_id: &str,
        now: i64,
    ) -> Option<Result<Option<u32>, Ineligible>> {
        let item = self.item_row(item_id)?;
        let state = overlay.find(self, who);
        let mut profile = Profile::default();
        profile.load(self, state);
        let terms = ItemTerms::of(self.snapshot(), item);
        let verdict = terms.is_offered(now).and_then(|()| self.admits(&terms, &profile.facts)).and_then(|()| {
            let tickets = self.union_sign_ups().tickets(profile.facts.union, terms.item);
            self.seats_left(overlay, &terms, &profile, tickets)
        });
        Some(verdict.and_then(|seats| self.is_new_to(state, &terms).map(|()| seats)))
    }

    /// Whether an item is offered to any member at `now`.
    #[must_use]
    pub fn is_on_offer(&self, item: usize, now: i64) -> bool {
        ItemTerms::of(self.snapshot(), item).is_offered(now).is_ok()
    }

    /// Whether a member's attributes meet the item's limits.
    pub(crate) fn admits(&self, terms: &ItemTerms, member: &MemberFacts) -> Result<(), Ineligible> {
        if set_limit(terms.min_age).is_some_and(|limit| member.age == NONE || member.age < limit) {
            return Err(Ineligible::MinAge);
        }
        if set_limit(terms.max_age).is_some_and(|limit| member.age == NONE || member.age > limit) {
            return Err(Ineligible::MaxAge);
        }
        if terms.gender != 0 && terms.gender != member.gender {
            return Err(Ineligible::Gender);
        }
        let items = &self.snapshot().items;
        let item = terms.item as usize;
        if terms.limited_to_unions {
            let admitted = items.open_to_unions.row(item);
            if !admitted.iter().any(|&top| self.belongs(member, top)) {
                return Err(Ineligible::Union);
            }
        }
        if terms.limited_to_districts {
            let admitted = items.open_to_districts.row(item);
            let is_admitted = |district: u32| district != NONE && admitted.contains(&district);
            if !is_admitted(member.home_district) && !is_admitted(member.work_district) {
                return Err(Ineligible::District);
            }
        }
        Ok(())
    }

    /// Whether the member belongs to the union or one below it, by the own union or by a further membership.
    pub(crate) fn belongs(&self, member: &MemberFacts, union: u32) -> bool {
        let tree = self.union_tree();
        let further = self.snapshot().members.memberships.row(member.row as usize);
        tree.is_within(member.union, union) || further.iter().any(|&other| tree.is_within(other, union))
    }

    /// Seats left for the member: the smaller of the seats left overall and in the member's union, of which the
    /// snapshot counts `union_tickets` as taken. The cap for one member is not included.
    pub(crate) fn seats_left(
        &self,
        overlay: &Overlay,
        terms: &ItemTerms,
        profile: &Profile,
        union_tickets: u32,
    ) -> Result<Option<u32>, Ineligible> {
        self.seats_left_for(overlay, terms, (profile.facts.union, profile.brought_children), || union_tickets)
    }

    /// The same for a member of this union who brought children before or not. `union_tickets` is called only if the item
    /// has a cap for each union.
    pub(crate) fn seats_left_for(
        &self,
        overlay: &Overlay,
        terms: &ItemTerms,
        (union, brought_children): (u32, bool),
        union_tickets: impl FnOnce() -> u32,
    ) -> Result<Option<u32>, Ineligible> {
        if terms.is_article {
            return Ok(None);
        }
        let in_all = self.seats_left_in_all(overlay, terms);
        if in_all == Some(0) {
            return Err(Ineligible::Full);
        }
        let in_union = match set_limit(terms.per_union_cap) {
            Some(_) if union == NONE => return Err(Ineligible::Union),
            Some(cap) => Some(remaining(cap, union_tickets(), overlay.seats_of_union(terms.item, union))),
            None => None,
        };
        if in_union == Some(0) {
            return Err(Ineligible::UnionQuota);
        }
        if terms.member_cap(brought_children) == Some(0) {
            return Err(Ineligible::MemberCap);
        }
        Ok([in_all, in_union].into_iter().flatten().min())
    }

    pub(crate) fn seats_left_in_all(&self, overlay: &Overlay, terms: &ItemTerms) -> Option<u32> {
        set_limit(terms.capacity).map(|capacity| remaining(capacity, terms.seats_taken, overlay.seats(terms.item)))
    }

    pub(crate) fn seats_left_in_union(&self, overlay: &Overlay, item: u32, union: u32, cap: u32) -> u32 {
        let taken = self.union_sign_ups().tickets(union, item);
        remaining(cap, taken, overlay.seats_of_union(item, union))
    }

    /// Checks that the member is not signed up for the item and has not read the article.
    pub(crate) fn is_new_to(&self, state: MemberState<'_>, terms: &ItemTerms) -> Result<(), Ineligible> {
        if terms.is_article {
            let history = &self.snapshot().history;
            let stored = state.row.map_or(0..0, |row| history.of(row));
            let mut events = stored.map(|at| (history.item(at), history.kind(at)));
            let was_read = events.any(|(item, kind)| item == terms.item && kind == EventKind::Read)
                || state.live.is_some_and(|live| {
                    live.events.iter().any(|event| event.item == terms.item && event.kind == EventKind::Read)
                });
            return if was_read { Err(Ineligible::AlreadyRead) } else { Ok(()) };
        }
        let is_signed_up = match state.live.and_then(|live| live.sign_up(terms.item)) {
            Some(sign_up) => sign_up.status.is_signed_up(),
            None => {
                let sign_ups = &self.snapshot().sign_ups;
                let mut own = state.row.map_or(0..0, |row| sign_ups.of(row));
                own.any(|at| sign_ups.item[at] == terms.item && sign_ups.status[at].is_signed_up())
            }
        };
        if is_signed_up { Err(Ineligible::AlreadySignedUp) } else { Ok(()) }
    }

    /// Like [`Engine::is_new_to`], for audiences, which other people see. Readers of a sensitive article are not
    /// excluded, because two audiences could be compared to find them. Sign-ups exclude members even if the activity is
    /// sensitive.
    pub(crate) fn is_new_in_audience(&self, state: MemberState<'_>, terms: &ItemTerms) -> Result<(), Ineligible> {
        if terms.is_article && self.is_sensitive_item(terms.item) { Ok(()) } else { self.is_new_to(state, terms) }
    }
}

/// Number of seats left, 0 if more are taken than exist.
fn remaining(limit: u32, taken: u32, taken_since: i64) -> u32 {
    let remaining = i64::from(limit) - i64::from(taken) - taken_since;
    u32::try_from(remaining.max(0)).unwrap_or(u32::MAX)
}
