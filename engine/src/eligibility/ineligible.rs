//! Reasons why a member is not eligible for an item.

use serde::{Deserialize, Serialize};

/// The first limit that is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ineligible {
    /// Only the item's id is known: it has no title, or no attribute.
    Undescribed,
    /// Sign-up, or the publication of the article, is in the future.
    NotOpenYet,
    /// Sign-up is closed.
    Closed,
    /// The item has ended.
    Ended,
    /// All seats are taken.
    Full,
    /// The member is too young, or the age is unknown.
    MinAge,
    /// The member is too old, or the age is unknown.
    MaxAge,
    /// The item is limited to the other gender, or the member's gender is unknown.
    Gender,
    /// The member belongs to none of the admitted unions, or the item has a quota for each union and the member's union
    /// is unknown.
    Union,
    /// The member is not known to live or work in an admitted district.
    District,
    /// The member's union has used up its quota.
    UnionQuota,
    /// The item allows no tickets for one member.
    MemberCap,
    /// The member is signed up, or attended.
    AlreadySignedUp,
    /// The member read the article.
    AlreadyRead,
}

impl Ineligible {
    /// The reasons that concern the item alone, so that nobody is eligible.
    const OF_ITEM: [Self; 6] =
        [Self::Undescribed, Self::NotOpenYet, Self::Closed, Self::Ended, Self::Full, Self::MemberCap];

    /// The code of the reason that concerns the item alone among these codes, if there is one.
    pub fn of_item(codes: impl Fn(&str) -> bool) -> Option<&'static str> {
        Self::OF_ITEM.into_iter().map(Self::code).find(|code| codes(code))
    }

    /// Stable code for programs, the keys of a preview's `excluded`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Undescribed => "undescribed",
            Self::NotOpenYet => "not_open_yet",
            Self::Closed => "closed",
            Self::Ended => "ended",
            Self::Full => "full",
            Self::MinAge => "min_age",
            Self::MaxAge => "max_age",
            Self::Gender => "gender",
            Self::Union => "union",
            Self::District => "district",
            Self::UnionQuota => "union_quota",
            Self::MemberCap => "member_cap",
            Self::AlreadySignedUp => "already_signed_up",
            Self::AlreadyRead => "already_read",
        }
    }
}
