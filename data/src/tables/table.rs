//! The input tables of the contract and their names.

use serde::{Deserialize, Serialize};

/// An input table of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Unions and clubs.
    Unions,
    /// Members.
    Members,
    /// Memberships of members in further unions and clubs.
    Memberships,
    /// Articles.
    Articles,
    /// Activities, services, products and venues.
    Activities,
    /// Reads of articles.
    Reads,
    /// Shares of items.
    Shares,
    /// Sign-ups and their status.
    SignUps,
    /// Pushes, including hold-outs.
    Pushes,
    /// Items shown in lists.
    Shown,
    /// Ratings and comments of members.
    Feedback,
    /// Events about members: follow, unfollow, opt-out, opt-in, bind.
    MemberEvents,
    /// WeChat's statistics of the account.
    AccountStatistics,
}

impl Table {
    /// All tables, in the recommended order of ingest.
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
        Table::AccountStatistics,
    ];

    /// The contract name, which is also the name in SQL and the start of file names.
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
            Self::AccountStatistics => "account_statistics",
        }
    }

    /// The table with this contract name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }

    /// The table whose name a file name starts with, followed by no letter or digit. The longest name wins.
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
