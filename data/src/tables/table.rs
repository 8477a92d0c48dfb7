//! The input tables of the contract and their names.

use serde::{Deserialize, Serialize};

/// One input table of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Unions and clubs.
    Unions,
    /// The members.
    Members,
    /// Further unions and clubs of a member.
    Memberships,
    /// Articles.
    Articles,
    /// Activities, services, products and venues.
    Activities,
    /// Who read what.
    Reads,
    /// Who shared what.
    Shares,
    /// Who signed up for what, and what became of it.
    SignUps,
    /// What was pushed to whom, hold-outs included.
    Pushes,
    /// What was shown to whom.
    Shown,
    /// Ratings and words of members.
    Feedback,
    /// What members said about themselves: follow, unfollow, opt-out, opt-in, bind.
    MemberEvents,
}

impl Table {
    /// Every table, in the order in which they are best ingested.
    pub const ALL: &'static [Table] = &[
        Table::Unions,
        Table::Members,
        Table::Memberships,
        Table::Articles,
        Table::Activities,
        Table::Reads,
        Table::Shares,
        Table::SignUps,
        Table::Pushes,
        Table::Shown,
        Table::Feedback,
        Table::MemberEvents,
    ];

    /// The contract name, which is also the name in SQL and the start of a file's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unions => "unions",
            Self::Members => "members",
            Self::Memberships => "memberships",
            Self::Articles => "articles",
            Self::Activities => "activities",
            Self::Reads => "reads",
            Self::Shares => "shares",
            Self::SignUps => "sign_ups",
            Self::Pushes => "pushes",
            Self::Shown => "shown",
            Self::Feedback => "feedback",
            Self::MemberEvents => "member_events",
        }
    }

    /// The table of this contract name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }

    /// The table whose name a file's name starts with; the longest name wins, and a letter may not follow it.
    #[must_use]
    pub fn of_file_name(file_name: &str) -> Option<Self> {
        let lower = file_name.to_lowercase();
        let starts = |table: &Table| {
            lower.strip_prefix(table.name()).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
        };
        Self::ALL.iter().copied().filter(starts).max_by_key(|table| table.name().len())
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
