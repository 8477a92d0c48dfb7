//! The live overlay: changes after the snapshot's sequence number.
//!
//! An overlay belongs to the engine that its events were applied with. For a new snapshot, fill a new overlay with the
//! events after that snapshot's sequence number. Callers must drop repeated events by their event id.

mod apply;
mod consent;
mod live_event;
mod live_member;
mod new_item_counts;
mod row_set;
mod shards;
mod sign_up;

pub(crate) use consent::MemberConsent;
pub use consent::{Consent, DeletedTopic, ErasedMember, ResolvedConsent, Switch};
pub use live_event::{Applied, LiveEvent, LiveKind};
use live_member::ConsentChange;
pub(crate) use live_member::{ItemEvent, LiveMember, total_weight, weighed_history, withdrawn};

use crate::{Engine, answer::Who, recommend::LiveCounts};
use row_set::RowSet;
use shards::Shards;
use std::sync::Arc;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;

/// Events after the snapshot. An empty overlay costs nothing. Clones share the parts that did not change.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    members: Shards<u32, LiveMember>,
    /// The rows of `members`.
    live_rows: RowSet,
    /// Persons who are not in the snapshot, by member id and by openid.
    unknown_members: Shards<String, LiveMember>,
    unknown_openids: Shards<String, LiveMember>,
    /// Openids bound since the snapshot: the time in microseconds and the member id.
    bindings: Shards<String, (i64, String)>,
    /// Tickets taken by item.
    seats: Shards<u32, i64>,
    /// Tickets taken, and members signed up, by item and union.
    by_union: Shards<(u32, u32), (i64, i64)>,
    events: u64,
    /// Exposures of new items and responses to them.
    live_counts: Arc<LiveCounts>,
    consent: Arc<ResolvedConsent>,
}

/// A member's state in the snapshot and the overlay. Both are empty for an unknown person.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MemberState<'a> {
    pub(crate) row: Option<usize>,
    pub(crate) live: Option<&'a LiveMember>,
    pub(crate) consent: Option<&'a MemberConsent>,
}

impl MemberState<'_> {
    fn is_erased(&self) -> bool {
        self.live.is_some_and(|live| live.erased) || self.consent.is_some_and(|consent| consent.erased)
    }

    /// Whether the member deleted a topic from the profile.
    pub(crate) fn has_deleted_topics(&self) -> bool {
        self.consent.is_some_and(|consent| !consent.topics.is_empty())
    }

    /// The last second whose events do not count for a deleted topic. `None` for topics that are not deleted.
    pub(crate) fn deleted(&self, topic: u32) -> Option<i64> {
        let deletions = self.consent.map_or(&[][..], |consent| &consent.topics);
        deletions.iter().filter(|(deleted, _)| *deleted == topic).map(|&(_, at)| at).max()
    }
}

impl Overlay {
    /// Number of events applied.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.events
    }

    /// Whether no event was applied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether this member allows personalised lists: the latest of the snapshot, the switch and live events. `true`
    /// for unknown persons.
    #[must_use]
    pub fn is_personalised(&self, engine: &Engine, who: Who<'_>) -> bool {
        self.allows_personalised(engine, self.find(engine, who))
    }

    pub(crate) fn allows_personalised(&self, engine: &Engine, state: MemberState<'_>) -> bool {
        let switch = state.consent.and_then(|consent| consent.personalised);
        let is_later = |change: &ConsentChange| {
            switch.is_none_or(|switch| match switch.after {
                Some(after) => change.sequence > after,
                None => change.at > switch.choice.at.saturating_mul(MICROS),
            })
        };
        match (state.live.and_then(LiveMember::latest_consent).filter(is_later), switch, state.row) {
            (Some(change), ..) => change.allowed,
            (None, Some(switch), _) if !switch.is_in_snapshot => switch.choice.allowed,
            (None, _, Some(row)) => engine.snapshot().members.personalised[row],
            (None, ..) => true,
        }
    }

    /// Replaces the consent of all members. Like events, it belongs to one engine.
    pub fn set_consent(&mut self, consent: Arc<ResolvedConsent>) {
        self.consent = consent;
    }

    /// The current consent.
    #[must_use]
    pub fn consent(&self) -> &Arc<ResolvedConsent> {
        &self.consent
    }

    #[inline]
    pub(crate) fn member(&self, row: usize) -> MemberState<'_> {
        let live = if self.live_rows.contains(row) { self.members.get(&(row as u32)) } else { None };
        MemberState { row: Some(row), live, consent: self.consent.of_row(row) }
    }

    /// The members of the snapshot with events since then, in any order.
    pub(crate) fn live_members(&self) -> impl Iterator<Item = (usize, &LiveMember)> {
        self.members.iter().map(|(&row, live)| (row as usize, live))
    }

    /// Finds a person's state. Erased members are unknown.
    pub(crate) fn find(&self, engine: &Engine, who: Who<'_>) -> MemberState<'_> {
        let state = match who {
            Who::Member(id) => match engine.member_row(id) {
                Some(row) => self.member(row),
                None => MemberState {
                    row: None,
                    live: self.unknown_members.get(id),
                    consent: self.consent.of_unknown_member(id),
                },
            },
            Who::OpenId(openid) if self.consent.is_erased_openid(openid) => MemberState::default(),
            Who::OpenId(openid) => match self.bindings.get(openid) {
                Some((_, id)) => return self.find(engine, Who::Member(id)),
                None => match engine.openid_row(openid) {
                    Some(row) => self.member(row),
                    None => MemberState { row: None, live: self.unknown_openids.get(openid), consent: None },
                },
            },
        };
        if state.is_erased() { MemberState::default() } else { state }
    }

    /// Whether a member follows the account now. Requires a known openid.
    pub(crate) fn follows(&self, engine: &Engine, row: usize) -> bool {
        let members = &engine.snapshot().members;
        let Some(live) = self.member(row).live else { return members.follows[row] };
        // A member whose first openid comes from a bind follows the account, unless an event says otherwise.
        let stored = members.follows[row] || (members.openid[row].is_empty() && !live.bound.is_empty());
        live.follows().unwrap_or(stored) && self.openid(engine, row).is_some()
    }

    /// A member's current openid, or `None` if unknown: of the openids that still belong to the member, the one with
    /// the latest claim.
    pub(crate) fn openid<'a>(&'a self, engine: &'a Engine, row: usize) -> Option<&'a str> {
        let members = &engine.snapshot().members;
        let own = Some(members.openid[row].as_str()).filter(|openid| !openid.is_empty());
        let Some(live) = self.member(row).live else { return own };
        let is_still = |openid: &str| match self.bindings.get(openid) {
            Some((_, owner)) => *owner == members.id[row],
            None => engine.openid_row(openid) == Some(row),
        };
        let bound = live.bound.iter().rev().find(|(_, openid)| is_still(openid));
        let bound = bound.map(|(at, openid)| ((*at, true), openid.as_str()));
        let claims = &engine.snapshot().openids;
        let own = own.filter(|own| !live.own_openid_was_rebound || is_still(own));
        let stored = own.map(|own| (claims.claim_of(row), own)).or_else(|| {
            let further = claims.further.iter().filter(|known| known.member as usize == row && is_still(&known.openid));
            further.map(|known| ((known.since, known.by_bind), known.openid.as_str())).max()
        });
        // Of two binds at the same time, the one received later.
        let latest = match (bound, stored) {
            (Some(bound), Some(stored)) if bound.0 >= stored.0 => Some(bound),
            (bound, stored) => stored.or(bound),
        };
        latest.map(|(_, openid)| openid)
    }

    /// Whether a member was erased.
    pub(crate) fn is_erased(&self, row: usize) -> bool {
        self.member(row).is_erased()
    }

    /// Exposures of new items and responses to them since the snapshot, by index among the
    /// [`NewItems`](crate::recommend::NewItems).
    pub(crate) fn live_counts(&self) -> &Arc<LiveCounts> {
        &self.live_counts
    }

    /// Seats of an item taken since the snapshot. Negative if more were cancelled.
    pub(crate) fn seats(&self, item: u32) -> i64 {
        self.seats.get(&item).copied().unwrap_or(0)
    }

    /// Seats of an item taken by one union since the snapshot.
    pub(crate) fn seats_of_union(&self, item: u32, union: u32) -> i64 {
        self.by_union.get(&(item, union)).map_or(0, |counts| counts.0)
    }

    /// Number of members of one union who signed up for an item since the snapshot, minus those who cancelled.
    pub(crate) fn union_mates(&self, item: u32, union: u32) -> i64 {
        self.by_union.get(&(item, union)).map_or(0, |counts| counts.1)
    }
}
