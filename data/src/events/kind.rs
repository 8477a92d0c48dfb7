//! The types of live events.

use serde::{Deserialize, Serialize};

/// The type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// The member read an article.
    Read,
    /// The member shared an item.
    Share,
    /// An item was shown to the member.
    Shown,
    /// The member signed up.
    SignUp,
    /// The member cancelled a sign-up.
    Cancel,
    /// The member attended.
    CheckIn,
    /// The member followed the account.
    Follow,
    /// The member unfollowed the account.
    Unfollow,
    /// The member opted out of personalised lists.
    OptOut,
    /// The member opted in to personalised lists again.
    OptIn,
    /// The member gave feedback.
    Feedback,
    /// An openid was bound to the member.
    Bind,
    /// An item was pushed to the member. Created by this program only, never received.
    Push,
    /// The member was held out of a push. Created by this program only, never received.
    HoldOut,
    /// The member asked to be erased. Created by this program only, never received.
    Forget,
}

/// Whether events of a type name an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemReference {
    /// The event must name an item.
    Required,
    /// The event may name an item.
    Optional,
    /// The event is about the member only.
    None,
}

impl EventType {
    /// The types that may be received from outside.
    pub const PUBLIC: &'static [Self] = &[
        Self::Read,
        Self::Share,
        Self::Shown,
        Self::SignUp,
        Self::Cancel,
        Self::CheckIn,
        Self::Follow,
        Self::Unfollow,
        Self::OptOut,
        Self::OptIn,
        Self::Feedback,
        Self::Bind,
    ];

    /// The name of the type in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Share => "share",
            Self::Shown => "shown",
            Self::SignUp => "sign_up",
            Self::Cancel => "cancel",
            Self::CheckIn => "check_in",
            Self::Follow => "follow",
            Self::Unfollow => "unfollow",
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
            Self::Feedback => "feedback",
            Self::Bind => "bind",
            Self::Push => "push",
            Self::HoldOut => "hold_out",
            Self::Forget => "forget",
        }
    }

    /// Parses the name of a type that may be received from outside.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::PUBLIC.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// Whether events of this type name an item.
    #[must_use]
    pub fn item_reference(self) -> ItemReference {
        match self {
            Self::Read
            | Self::Share
            | Self::Shown
            | Self::SignUp
            | Self::Cancel
            | Self::CheckIn
            | Self::Push
            | Self::HoldOut => ItemReference::Required,
            Self::Feedback => ItemReference::Optional,
            _ => ItemReference::None,
        }
    }
}
