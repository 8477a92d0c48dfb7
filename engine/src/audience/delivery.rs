//! Push lists after they were frozen: who can still be pushed, and who responded.

use std::fmt;

use crate::{Engine, Overlay, answer::Who, recommend::response_window};
use zhihui_data::snapshot::EventKind;

/// A member who can be pushed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// Index of the member in the snapshot.
    pub member: usize,
    /// The member's current openid.
    pub openid: &'a str,
}

/// Why a member of a frozen list cannot be pushed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Undeliverable {
    /// The member was erased, or the snapshot does not know the member.
    Unknown,
    /// No openid of the member is known.
    NoOpenid,
    /// The member does not follow the account.
    NotFollowing,
    /// The member refuses personalised lists.
    OptedOut,
}

impl Undeliverable {
    /// The reason as counted in JSON, with the names of the funnel's exclusions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NoOpenid => "no_openid",
            Self::NotFollowing => "not_following",
            Self::OptedOut => "opted_out",
        }
    }
}

impl fmt::Display for Undeliverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Engine {
    /// Returns where to push to a member now.
    ///
    /// # Errors
    /// [`Undeliverable`] if the member must not or cannot be pushed.
    pub fn delivery<'a>(&'a self, overlay: &'a Overlay, member_id: &str) -> Result<Delivery<'a>, Undeliverable> {
        let member = self.member_row(member_id).ok_or(Undeliverable::Unknown)?;
        if overlay.is_erased(member) {
            return Err(Undeliverable::Unknown);
        }
        let openid = overlay.openid(self, member).ok_or(Undeliverable::NoOpenid)?;
        if !overlay.follows(self, member) {
            return Err(Undeliverable::NotFollowing);
        }
        if !overlay.allows_personalised(self, overlay.member(member)) {
            return Err(Undeliverable::OptedOut);
        }
        Ok(Delivery { member, openid })
    }

    /// Whether a member responded to an item after it was sent at `sent_at` (seconds since 1970 in UTC): read it within
    /// 72 hours (article) or signed up within 7 days (any other kind). `false` for unknown members and items.
    #[must_use]
    pub fn responded(&self, overlay: &Overlay, member_id: &str, item_id: &str, sent_at: i64) -> bool {
        let Some(item) = self.item_row(item_id) else { return false };
        let state = overlay.find(self, Who::Member(member_id));
        let (kind, seconds) = response_window(self.snapshot(), item);
        let history = &self.snapshot().history;
        let stored = state.row.map_or(0..0, |row| history.of(row));
        let stored = stored.map(|at| (history.item(at), history.kind(at), history.at(at)));
        let live = state.live.map_or(&[][..], |live| &live.events);
        let live = live.iter().map(|event| (event.item, event.kind, event.at));
        stored.chain(live).any(|(of, what, at)| {
            of as usize == item && is_response(what, kind) && (sent_at..sent_at + seconds).contains(&at)
        })
    }

    /// The end of the time in which responses to an item sent at `sent_at` count, or `None` for an unknown item.
    #[must_use]
    pub fn responses_until(&self, item_id: &str, sent_at: i64) -> Option<i64> {
        let item = self.item_row(item_id)?;
        Some(sent_at + response_window(self.snapshot(), item).1)
    }
}

/// A member who attended has signed up, even if only the attendance was reported.
fn is_response(what: EventKind, wanted: EventKind) -> bool {
    what == wanted || (wanted == EventKind::SignUp && what == EventKind::Attended)
}
