//! The types of events and what each needs.

use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// Read the article.
    Read,
    /// Shared the item.
    Share,
    /// Was shown the item.
    Shown,
    /// Signed up.
    SignUp,
    /// Gave the seat back.
    Cancel,
    /// Came.
    CheckIn,
    /// Follows the account.
    Follow,
    /// Left the account.
    Unfollow,
    /// Wants no personalised lists.
    OptOut,
    /// Wants personalised lists again.
    OptIn,
    /// Gave feedback.
    Feedback,
    /// The openid is the member's.
    Bind,
    /// Asked to be erased; comes from this program alone, never from outside.
    Forget,
}

/// Whether a type of event names an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemReference {
    /// It cannot be told without one.
    Required,
    /// It may name one.
    Optional,
    /// It is about the member alone.
    None,
}

impl EventType {
    /// The types that may come from outside.
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

    /// The contract's word.
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
            Self::Forget => "forget",
        }
    }

    /// The type of this word among those that may come from outside.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::PUBLIC.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// Whether it names an item.
    #[must_use]
    pub fn item_reference(self) -> ItemReference {
        match self {
            Self::Read | Self::Share | Self::Shown | Self::SignUp | Self::Cancel | Self::CheckIn => {
                ItemReference::Required
            }
            Self::Feedback => ItemReference::Optional,
            _ => ItemReference::None,
        }
    }
}
