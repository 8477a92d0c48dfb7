//! Events that arrive after the snapshot.

use zhihui_data::snapshot::EventWeight;

use crate::answer::Who;

/// An event reported live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveEvent<'a> {
    /// The member.
    pub who: Who<'a>,
    /// The item, by external id. `None` for events without an item.
    pub item_id: Option<&'a str>,
    /// The time, in seconds since 1970 in UTC.
    pub at: i64,
    /// The kind of event.
    pub what: LiveKind<'a>,
}

/// The kinds of events that change answers immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveKind<'a> {
    /// Read the article; how far is unknown.
    Read,
    /// Read the article up to a known point.
    ReadTo(EventWeight),
    /// Shared the item.
    Share,
    /// Was shown the item.
    Shown,
    /// Signed up.
    SignUp {
        /// Tickets taken.
        tickets: u32,
        /// Children brought.
        children: u32,
        /// Whether the member is on the waiting list and holds no seat.
        waitlisted: bool,
    },
    /// Cancelled the sign-up.
    Cancel,
    /// Attended.
    CheckIn,
    /// Gave feedback.
    Feedback,
    /// Received a push of the item.
    Push,
    /// Was held out of a push of the item.
    HoldOut,
    /// Followed the account.
    Follow,
    /// Unfollowed the account.
    Unfollow,
    /// Refused personalised lists.
    OptOut,
    /// Allowed personalised lists again.
    OptIn,
    /// Was assigned an openid.
    Bind {
        /// The openid.
        openid: &'a str,
    },
    /// Asked to be erased. From now on the member is unknown.
    Forget,
}

/// Whether the snapshot knows the event's member and item. The event is accepted in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Whether the member is in the snapshot.
    pub member_known: bool,
    /// Whether the item is in the snapshot; `true` for events without an item.
    pub item_known: bool,
}
