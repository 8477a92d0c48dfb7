//! One event that arrives after the snapshot.

use zhihui_data::snapshot::EventWeight;

use crate::answer::Who;

/// What somebody did just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveEvent<'a> {
    /// Who did it.
    pub who: Who<'a>,
    /// On which item, by outside id; `None` for events without one.
    pub item_id: Option<&'a str>,
    /// When, seconds since 1970 in UTC.
    pub at: i64,
    /// What.
    pub what: LiveKind<'a>,
}

/// The kinds of events that change answers at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveKind<'a> {
    /// Read the article; how far is not known.
    Read,
    /// Read the article so far.
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
        /// Whether the member waits for a seat instead of holding one.
        waitlisted: bool,
    },
    /// Gave the seat back.
    Cancel,
    /// Came.
    CheckIn,
    /// Gave feedback.
    Feedback,
    /// Was pushed the item.
    Push,
    /// Was held out of a push of the item.
    HoldOut,
    /// Follows the account.
    Follow,
    /// Left the account.
    Unfollow,
    /// ItemReference no personalised lists.
    OptOut,
    /// ItemReference personalised lists again.
    OptIn,
    /// Is the person behind this `WeChat` id.
    Bind {
        /// The `WeChat` id.
        openid: &'a str,
    },
    /// Asked to be erased: from now on nothing is known of this member.
    Forget,
}

/// Whether the snapshot knows whom and what an event speaks of; either way the event is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Whether the member is in the snapshot.
    pub member_known: bool,
    /// Whether the item is in the snapshot; `true` for events without an item.
    pub item_known: bool,
}
