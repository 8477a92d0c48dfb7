//! The live overlay: what happened after the snapshot's sequence number, ready to be read with the snapshot.
//!
//! An overlay belongs to the engine whose events it was given; with a new snapshot a new overlay is filled from what lies
//! above that snapshot's sequence number. Repeated events must be dropped before they come here, by their event id.

mod apply;
mod consent;
mod live_event;
mod live_member;
mod new_item_counts;
mod shards;
mod sign_up;

pub(crate) use consent::MemberConsent;
pub use consent::{Consent, DeletedTopic, ErasedMember, ResolvedConsent, Switch};
pub use live_event::{Applied, LiveEvent, LiveKind};
use live_member::ConsentChange;
pub(crate) use live_member::{ItemEvent, LiveMember, total_weight, weighed_history, withdrawn};

use crate::{Engine, answer::Who, recommend::LiveCounts};
use shards::Shards;
use std::sync::Arc;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;

/// Events after the snapshot; empty by default, and then it costs nothing. Copies share what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    members: Shards<u32, LiveMember>,
    /// People whom the snapshot does not know, by member id and by `WeChat` id.
    unknown_members: Shards<String, LiveMember>,
    unknown_openids: Shards<String, LiveMember>,
    /// Since which microsecond, and whose, a `WeChat` id is, where it was bound since.
    bindings: Shards<String, (i64, String)>,
    /// Tickets taken of an item.
    seats: Shards<u32, i64>,
    /// Tickets taken of an item by a union, and members of the union on its list.
    by_union: Shards<(u32, u32), (i64, i64)>,
    events: u64,
    /// Exposures of new items and responses to them.
    live_counts: Arc<LiveCounts>,
    consent: Arc<ResolvedConsent>,
}

/// A member as the snapshot and the overlay know them together; neither knows a complete stranger.
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

    /// The last second until which what happened does not count for a topic; `None` for topics not deleted.
    pub(crate) fn deleted(&self, topic: u32) -> Option<i64> {
        let deletions = self.consent.map_or(&[][..], |consent| &consent.topics);
        deletions.iter().filter(|(deleted, _)| *deleted == topic).map(|&(_, at)| at).max()
    }
}

impl Overlay {
    /// Number of events taken.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.events
    }

    /// Whether nothing happened since the snapshot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether this member allows personalised lists: as the snapshot says unless they said so since; `true` for people
    /// of whom nothing is known.
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

    /// Puts these wishes in the place of those that stood. Like events, they belong to one engine.
    pub fn set_consent(&mut self, consent: Arc<ResolvedConsent>) {
        self.consent = consent;
    }

    /// The wishes that stand.
    #[must_use]
    pub fn consent(&self) -> &Arc<ResolvedConsent> {
        &self.consent
    }

    pub(crate) fn member(&self, row: usize) -> MemberState<'_> {
        MemberState { row: Some(row), live: self.members.get(&(row as u32)), consent: self.consent.of_row(row) }
    }

    /// Resolves a person; somebody erased is a stranger without any trace.
    pub(crate) fn find(&self, engine: &Engine, who: Who<'_>) -> MemberState<'_> {
        let state = match who {
            Who::Member(id) => match engine.member_row(id) {
                Some(row) => self.member(row),
                None => {
                    MemberState { row: None, live: self.unknown_members.get(id), consent: self.consent.of_stranger(id) }
                }
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

    /// Whether a member follows the account now, which takes a known `WeChat` id.
    pub(crate) fn follows(&self, engine: &Engine, row: usize) -> bool {
        let members = &engine.snapshot().members;
        let Some(live) = self.member(row).live else { return members.follows[row] };
        // Whoever got the first id by a bind follows unless they said no.
        let stored = members.follows[row] || (members.openid[row].is_empty() && !live.bound.is_empty());
        live.follows().unwrap_or(stored) && self.openid(engine, row).is_some()
    }

    /// A member's `WeChat` id now, `None` when unknown: of those that are still the member's the one of the latest claim.
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
        let own = own.filter(|own| !live.own_openid_is_contested || is_still(own));
        let stored = own.map(|own| (claims.claim_of(row), own)).or_else(|| {
            let further = claims.further.iter().filter(|known| known.member as usize == row && is_still(&known.openid));
            further.map(|known| ((known.since, known.by_bind), known.openid.as_str())).max()
        });
        // Of two binds of one instant the one received later.
        let latest = match (bound, stored) {
            (Some(bound), Some(stored)) if bound.0 >= stored.0 => Some(bound),
            (bound, stored) => stored.or(bound),
        };
        latest.map(|(_, openid)| openid)
    }

    /// Whether a member asked to be erased.
    pub(crate) fn is_erased(&self, row: usize) -> bool {
        self.member(row).is_erased()
    }

    /// Exposures of new items and responses to them since the snapshot, by place among the [`NewItems`](crate::recommend::NewItems).
    pub(crate) fn live_counts(&self) -> &Arc<LiveCounts> {
        &self.live_counts
    }

    /// Seats of an item taken (or given back, below zero) since the snapshot.
    pub(crate) fn seats(&self, item: u32) -> i64 {
        self.seats.get(&item).copied().unwrap_or(0)
    }

    /// The same within one union.
    pub(crate) fn seats_of_union(&self, item: u32, union: u32) -> i64 {
        self.by_union.get(&(item, union)).map_or(0, |counts| counts.0)
    }

    /// Members of one union who joined an item's list since the snapshot, less those who left it.
    pub(crate) fn union_mates(&self, item: u32, union: u32) -> i64 {
        self.by_union.get(&(item, union)).map_or(0, |counts| counts.1)
    }
}
