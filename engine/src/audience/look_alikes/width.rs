//! How many look-alikes are taken.

use serde::{Deserialize, Serialize};

/// How many look-alikes are taken, as a share of the members who can be pushed to: those who are reachable and allow
/// personalised lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookAlikeWidth {
    /// 1 %.
    Narrow,
    /// 5 %.
    Medium,
    /// 10 %.
    Wide,
}

impl LookAlikeWidth {
    /// All widths, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Narrow, Self::Medium, Self::Wide];

    /// The name in rules.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Narrow => "narrow",
            Self::Medium => "medium",
            Self::Wide => "wide",
        }
    }

    /// The width of a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|width| width.as_str() == text)
    }

    /// The share of the members who can be pushed to.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Self::Narrow => 0.01,
            Self::Medium => 0.05,
            Self::Wide => 0.1,
        }
    }

    /// The number of members, rounded up.
    pub(super) fn of(self, members: usize) -> usize {
        (self.share() * members as f64).ceil() as usize
    }
}
