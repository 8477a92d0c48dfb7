//! Why a member may not be offered an item.

use serde::{Deserialize, Serialize};

/// The first limit that a member and an item do not meet together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ineligible {
    /// Only its id is known: it has no title, or no attribute at all.
    Undescribed,
    /// Sign-up opens, or the article is published, later.
    NotOpenYet,
    /// Sign-up is closed.
    Closed,
    /// It is over.
    Ended,
    /// Every seat is taken.
    Full,
    /// The member is younger than admitted, or of unknown age.
    MinAge,
    /// The member is older than admitted, or of unknown age.
    MaxAge,
    /// Only the other sex is admitted, or the member's is unknown.
    Gender,
    /// The member belongs to none of the unions admitted; or each union has its share and the member's union is unknown.
    Union,
    /// The member is known neither to live nor to work in a district admitted.
    District,
    /// The member's union took its share.
    UnionQuota,
    /// A member may take no ticket at all.
    MemberCap,
    /// The member stands on the list, or came.
    AlreadySignedUp,
    /// The member read the article.
    AlreadyRead,
}

impl Ineligible {
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
