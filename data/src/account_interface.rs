//! The interfaces of WeChat that return statistics of an account: their generation, limits, and what their figures count.

use chrono::NaiveDate;

/// The two generations of WeChat's data interfaces. Their figures count different things and must not be mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// People (人数) and person-times (人次), since December 2014. WeChat no longer maintains it.
    Old,
    /// People only, since November 2025.
    New,
}

impl Generation {
    /// The word in the column `generation`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }

    /// The generation with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Old, Self::New].into_iter().find(|generation| generation.name() == name)
    }

    /// The first day with figures.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        let (year, month) = match self {
            Self::Old => (2014, 12),
            Self::New => (2025, 11),
        };
        NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
    }
}

/// One interface of `/datacube/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountInterface {
    /// Its name in WeChat's documentation.
    pub name: &'static str,
    /// Its generation. Those about followers belong to the old one, and have days of both.
    pub generation: Generation,
    /// Maximum number of days of one request.
    pub span_days: u32,
    /// What its rows are about.
    pub subject: Subject,
}

/// What the rows of an interface are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The whole account on a day.
    Account,
    /// The whole account in an hour.
    Hour,
    /// Followers of the account.
    Followers,
    /// Articles on a day.
    Articles,
    /// Articles from their publication to the end of a day, for this number of days.
    ArticlesSincePublication(u32),
}

const fn interface(name: &'static str, generation: Generation, span_days: u32, subject: Subject) -> AccountInterface {
    AccountInterface { name, generation, span_days, subject }
}

impl AccountInterface {
    /// All known interfaces.
    pub const ALL: &'static [Self] = &[
        interface("getarticleread", Generation::New, 1, Subject::Articles),
        interface("getarticleshare", Generation::New, 1, Subject::Articles),
        interface("getbizsummary", Generation::New, 30, Subject::Account),
        interface("getarticletotaldetail", Generation::New, 1, Subject::ArticlesSincePublication(30)),
        interface("getarticlesummary", Generation::Old, 1, Subject::Articles),
        interface("getarticletotal", Generation::Old, 1, Subject::ArticlesSincePublication(7)),
        interface("getuserread", Generation::Old, 3, Subject::Account),
        interface("getuserreadhour", Generation::Old, 1, Subject::Hour),
        interface("getusershare", Generation::Old, 7, Subject::Account),
        interface("getusersharehour", Generation::Old, 1, Subject::Hour),
        interface("getusersummary", Generation::Old, 7, Subject::Followers),
        interface("getusercumulate", Generation::Old, 7, Subject::Followers),
    ];

    /// The interface with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|interface| interface.name == name)
    }

    /// The interface whose name a file name starts with, followed by no letter or digit.
    #[must_use]
    pub fn of_file_name(file_name: &str) -> Option<&'static Self> {
        let lower = file_name.to_lowercase();
        let starts = |interface: &&Self| {
            let rest = lower.strip_prefix(interface.name);
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
        };
        Self::ALL.iter().find(starts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_select_the_interface_with_the_whole_name() {
        let name = |file: &str| AccountInterface::of_file_name(file).map(|interface| interface.name);
        assert_eq!(name("getuserread-2025-10-01.json"), Some("getuserread"));
        assert_eq!(name("GetUserReadHour_1.json.gz"), Some("getuserreadhour"));
        assert_eq!(name("getarticletotaldetail.jsonl"), Some("getarticletotaldetail"));
        assert_eq!(name("getuserreads.json"), None);
        assert_eq!(name("account_statistics.json"), None);
    }

    #[test]
    fn generations_have_names_and_first_days() {
        for generation in [Generation::Old, Generation::New] {
            assert_eq!(Generation::named(generation.name()), Some(generation));
        }
        assert_eq!(Generation::New.first_day().to_string(), "2025-11-01");
    }
}
