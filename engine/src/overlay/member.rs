//! What one member did since the snapshot.

use zhihui_data::{SignUpStatus, snapshot::EventKind};

/// Everything that differs from the snapshot for one member.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct LiveMember {
    /// Events on known items, ascending in time.
    pub(crate) events: Vec<Event>,
    /// Standing sign-ups that changed, in order of arrival.
    pub(crate) sign_ups: Vec<LiveSignUp>,
    /// The folded-in vector, once an event moved it.
    pub(crate) vector: Option<Vec<f32>>,
    /// Evidence for topics beyond the snapshot's.
    pub(crate) evidence: Vec<(u32, f32)>,
    pub(crate) follows: Option<bool>,
    pub(crate) personalised: Option<bool>,
    /// When `personalised` was said.
    pub(crate) personalised_at: i64,
    pub(crate) openid: Option<String>,
    pub(crate) forgotten: bool,
}

/// One event on a known item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) item: u32,
    pub(crate) kind: EventKind,
}

/// A standing sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveSignUp {
    pub(crate) item: u32,
    pub(crate) at: i64,
    pub(crate) status: SignUpStatus,
    pub(crate) tickets: u32,
    pub(crate) children: u32,
}

impl LiveMember {
    pub(crate) fn sign_up(&self, item: u32) -> Option<&LiveSignUp> {
        self.sign_ups.iter().find(|sign_up| sign_up.item == item)
    }

    /// Takes the member's word on personalised lists; an earlier word does not undo a later one.
    pub(super) fn say_personalised(&mut self, allowed: bool, at: i64) {
        if self.personalised.is_none() || at >= self.personalised_at {
            (self.personalised, self.personalised_at) = (Some(allowed), at);
        }
    }

    pub(super) fn insert(&mut self, event: Event) {
        let place = self.events.partition_point(|earlier| earlier.at <= event.at);
        self.events.insert(place, event);
    }

    pub(super) fn put_sign_up(&mut self, sign_up: LiveSignUp) {
        match self.sign_ups.iter_mut().find(|standing| standing.item == sign_up.item) {
            Some(standing) => *standing = sign_up,
            None => self.sign_ups.push(sign_up),
        }
    }

    /// Takes over what somebody did under a `WeChat` id before it was known whose id it is.
    pub(super) fn absorb(&mut self, other: Self) {
        for event in other.events {
            self.insert(event);
        }
        for sign_up in other.sign_ups {
            if self.sign_up(sign_up.item).is_none_or(|own| own.at <= sign_up.at) {
                self.put_sign_up(sign_up);
            }
        }
        self.evidence.extend(other.evidence);
        self.follows = other.follows.or(self.follows);
        if let Some(allowed) = other.personalised {
            self.say_personalised(allowed, other.personalised_at);
        }
    }
}
