//! Applies an event to the overlay.

use std::cmp::Reverse;

use zhihui_data::snapshot::{EventKind, EventWeight, NONE};

use super::{
    Applied, LiveEvent, LiveKind, LiveMember, MICROS, Overlay,
    live_member::{ConsentChange, ItemEvent, tickets_held},
    new_item_counts::{self, Change},
    sign_up::{LiveSignUp, SignUpChange},
};
use crate::{Engine, answer::Who, recommend::response_outcome};

impl Overlay {
    /// Applies one event: reads change the member's vector, sign-ups take seats, opt-outs turn personalised lists off.
    ///
    /// Every event is accepted. Events on unknown members or items are stored if possible and do not affect others. The
    /// result does not depend on the order in which events of different times arrive. If two events of the same time
    /// contradict each other, the later call wins. Opt-outs and opt-ins count in the order of receipt, which is the
    /// order of the calls.
    pub fn apply(&mut self, engine: &Engine, event: &LiveEvent<'_>) -> Applied {
        self.apply_at(engine, event, event.at.saturating_mul(MICROS))
    }

    /// Like [`Overlay::apply`], with the time in microseconds.
    pub fn apply_at(&mut self, engine: &Engine, event: &LiveEvent<'_>, micros: i64) -> Applied {
        self.apply_received(engine, event, micros, self.events + 1)
    }

    /// Like [`Overlay::apply_at`], with the event's sequence number in the event inbox, which is the order of receipt.
    pub fn apply_received(&mut self, engine: &Engine, event: &LiveEvent<'_>, micros: i64, sequence: u64) -> Applied {
        self.events += 1;
        let item = event.item_id.map(|id| engine.item_row(id).map(|row| row as u32));
        let row = match (event.what, event.who) {
            (LiveKind::Bind { openid }, Who::Member(id)) => self.bind(engine, id, openid, micros),
            (LiveKind::Bind { .. }, Who::OpenId(_)) => None,
            _ => self.change(engine, event, (micros, sequence), item.flatten()),
        };
        Applied { member_known: row.is_some(), item_known: item.is_none_or(|found| found.is_some()) }
    }

    fn change(
        &mut self,
        engine: &Engine,
        event: &LiveEvent<'_>,
        (micros, sequence): (i64, u64),
        item: Option<u32>,
    ) -> Option<usize> {
        let (row, live) = self.entry(engine, event.who);
        if live.erased {
            return row;
        }
        let source = live.source_index(match event.who {
            Who::Member(_) => None,
            Who::OpenId(openid) => Some(openid),
        });
        match event.what {
            LiveKind::Follow | LiveKind::Unfollow => {
                live.add_follow(micros, event.what == LiveKind::Follow, source);
            }
            LiveKind::OptOut | LiveKind::OptIn => {
                let allowed = event.what == LiveKind::OptIn;
                live.add_consent(ConsentChange { sequence, at: micros, allowed, source });
            }
            LiveKind::Forget => *live = LiveMember::erased(),
            _ => {
                if let (Some(item), Some(kind)) = (item, kind_of(event.what)) {
                    let new_item = new_item_counts::new_item(engine, item);
                    let before = new_item.map(|_| response_outcome(engine.snapshot(), row, Some(live), item));
                    live.insert(ItemEvent { at: event.at, item, kind, source, weight: weight_of(event.what) });
                    let now = new_item.map(|_| response_outcome(engine.snapshot(), row, Some(live), item));
                    if let Some(change) = SignUpChange::of(event.what, item, micros, source) {
                        live.add_sign_up_change(change);
                        self.recompute_sign_ups(engine, event.who, [item]);
                    }
                    if let (Some(new_item), Some(before), Some(now)) = (new_item, before, now) {
                        new_item_counts::update(&mut self.live_counts, new_item, before, now);
                    }
                }
            }
        }
        row
    }

    pub(super) fn entry(&mut self, engine: &Engine, who: Who<'_>) -> (Option<usize>, &mut LiveMember) {
        let bound = match who {
            Who::OpenId(openid) => self.bindings.get(openid).map(|(_, member)| member.clone()),
            Who::Member(_) => None,
        };
        let who = bound.as_deref().map_or(who, Who::Member);
        let row = match who {
            Who::Member(id) => engine.member_row(id),
            Who::OpenId(openid) => engine.openid_row(openid),
        };
        let live = match (row, who) {
            (Some(row), _) => {
                self.live_rows.insert(row);
                self.members.entry(&(row as u32))
            }
            (None, Who::Member(id)) => self.unknown_members.entry(id),
            (None, Who::OpenId(openid)) => self.unknown_openids.entry(openid),
        };
        (row, live)
    }

    /// Assigns an openid to a member. The latest claim wins, as in the build (`actors.sql`): of two claims at the
    /// same time, a bind wins over a roster, and the smaller member id over the larger. Events reported with the openid
    /// move to its owner, regardless of their time.
    fn bind(&mut self, engine: &Engine, id: &str, openid: &str, at: i64) -> Option<usize> {
        let (row, live) = self.entry(engine, Who::Member(id));
        live.bind(at, openid);
        let stored = engine.openid_claim(openid);
        if let Some((owner, ..)) = stored.filter(|(owner, ..)| Some(*owner) != row) {
            self.live_rows.insert(owner);
            self.members.entry(&(owner as u32)).own_openid_was_rebound = true;
        }
        let ids = &engine.snapshot().members.id;
        let current = match (self.bindings.get(openid), stored) {
            (Some((since, owner)), _) => Some((*since, true, owner.as_str())),
            (None, Some((owner, since, by_bind))) => Some((since, by_bind, ids[owner].as_str())),
            (None, None) => None,
        };
        let order = |(since, by_bind, owner): (i64, bool, &str)| (since, by_bind, Reverse(owner.to_owned()));
        if current.is_some_and(|current| order(current) > order((at, true, id))) {
            return row;
        }
        let stays = current.is_some_and(|(_, _, owner)| owner == id);
        if stays {
            *self.bindings.entry(openid) = (at, id.to_owned());
            return row;
        }
        let owner = current.map(|(_, _, owner)| owner.to_owned());
        let people = [owner.as_deref().map_or(Who::OpenId(openid), Who::Member), Who::Member(id)];
        let before = people.map(|who| self.contribution_of(engine, who)).concat();
        let taken = self.entry(engine, Who::OpenId(openid)).1.take_events_of(openid);
        let items = taken.signed_up();
        self.recompute_sign_ups(engine, Who::OpenId(openid), items.iter().copied());
        self.unknown_openids.remove(openid);
        *self.bindings.entry(openid) = (at, id.to_owned());
        let (_, live) = self.entry(engine, Who::Member(id));
        if !live.erased {
            live.add_events_of(taken, openid);
            self.recompute_sign_ups(engine, Who::Member(id), items);
        }
        // A person known only by this openid no longer exists.
        let left = &people[usize::from(owner.is_none())..];
        let now: Vec<Change> = left.iter().flat_map(|&who| self.contribution_of(engine, who)).collect();
        self.recount(before, now);
        row
    }

    /// Recomputes the current sign-ups of a person for these items, and updates the counters.
    fn recompute_sign_ups(&mut self, engine: &Engine, who: Who<'_>, items: impl IntoIterator<Item = u32>) {
        for item in items {
            let (row, live) = self.entry(engine, who);
            let (before, now) = live.recompute_sign_up(engine, row, item);
            self.count(item, row.map_or(NONE, |row| engine.snapshot().members.union[row]), before, now);
        }
    }

    /// Updates the counters of seats and of union mates from one sign-up to the next.
    fn count(&mut self, item: u32, union: u32, before: Option<LiveSignUp>, now: Option<LiveSignUp>) {
        let change = |of: fn(LiveSignUp) -> i64| now.map_or(0, of) - before.map_or(0, of);
        let taken = change(tickets_held);
        let signed_up = change(|sign_up| i64::from(sign_up.status.is_signed_up()));
        if taken != 0 {
            *self.seats.entry(&item) += taken;
        }
        if union != NONE && (taken, signed_up) != (0, 0) {
            let (seats, mates) = self.by_union.entry(&(item, union));
            *seats += taken;
            *mates += signed_up;
        }
    }
}

/// The kind of an event on an item. `None` for events about the member only.
fn kind_of(what: LiveKind<'_>) -> Option<EventKind> {
    Some(match what {
        LiveKind::Read | LiveKind::ReadTo(_) => EventKind::Read,
        LiveKind::Share => EventKind::Share,
        LiveKind::Shown => EventKind::Shown,
        LiveKind::SignUp { .. } => EventKind::SignUp,
        LiveKind::Cancel => EventKind::Cancel,
        LiveKind::CheckIn => EventKind::Attended,
        LiveKind::Feedback => EventKind::Feedback,
        LiveKind::Push => EventKind::Push,
        LiveKind::HoldOut => EventKind::HoldOut,
        _ => return None,
    })
}

/// Weight of an event relative to others of its kind.
fn weight_of(what: LiveKind<'_>) -> EventWeight {
    if let LiveKind::ReadTo(weight) = what { weight } else { EventWeight::NEUTRAL }
}
