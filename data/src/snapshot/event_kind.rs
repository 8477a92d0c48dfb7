//! The kinds of events.

use serde::{Deserialize, Serialize};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The member read the article.
    Read,
    /// The member shared the item.
    Share,
    /// The item was shown to the member.
    Shown,
    /// The member signed up.
    SignUp,
    /// The member attended.
    Attended,
    /// The member cancelled the sign-up.
    Cancel,
    /// The item was pushed to the member.
    Push,
    /// The member was in the hold-out group of a push.
    HoldOut,
    /// The member gave feedback on the item.
    Feedback,
}
