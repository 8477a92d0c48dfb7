//! A day of a saved audience, and why members enter or leave.

use chrono::NaiveDate;
use serde::Serialize;

use crate::middleware::problem::Problem;

/// The days whose lists of members are kept.
pub(crate) const KEPT_LISTS: u64 = 35;
/// The days whose sizes are kept.
pub(crate) const KEPT_DAYS: u64 = 400;
/// Members kept of one list. The others are counted.
pub(crate) const MAX_LISTED: usize = 10_000;

/// How a member came into an audience or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The member meets the rule and did not before.
    Entered,
    /// The member does not meet the rule any more.
    Left,
    /// The member met only the new rule.
    EnteredByRule,
    /// The member still meets the earlier rule, but not the new one.
    LeftByRule,
}

impl Change {
    pub(crate) const ALL: [Self; 4] = [Self::Entered, Self::Left, Self::EnteredByRule, Self::LeftByRule];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Left => "left",
            Self::EnteredByRule => "entered_by_rule",
            Self::LeftByRule => "left_by_rule",
        }
    }

    /// The change in a request, or a problem that lists them.
    pub(crate) fn required(text: Option<&str>) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|change| Some(change.as_str()) == text);
        known.ok_or_else(|| Problem::invalid("change", "must be entered, left, entered_by_rule or left_by_rule"))
    }
}

/// A day of an audience. The four counts are null on the first day, which is compared with none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AudienceDay {
    pub(crate) day: NaiveDate,
    /// The instant whose state was counted, RFC 3339 in UTC.
    pub(crate) as_of: String,
    /// Members who met the rule.
    pub(crate) size: i64,
    /// Those of them with an openid who follow the account.
    pub(crate) reachable: i64,
    /// The day that this one is compared with: the last one before that has figures.
    pub(crate) previous_day: Option<NaiveDate>,
    pub(crate) entered: Option<i64>,
    pub(crate) left: Option<i64>,
    pub(crate) entered_by_rule: Option<i64>,
    pub(crate) left_by_rule: Option<i64>,
    /// Version of the audience whose rule was counted.
    pub(crate) rule_version: i64,
    /// Whether the rule, or that of an audience it refers to, is another one than on the previous day.
    pub(crate) rule_changed: bool,
    /// Whether the lists of members are kept.
    pub(crate) members_kept: bool,
}

impl AudienceDay {
    /// Number of members with a change; `None` on the first day.
    pub(crate) fn count(&self, change: Change) -> Option<i64> {
        match change {
            Change::Entered => self.entered,
            Change::Left => self.left,
            Change::EnteredByRule => self.entered_by_rule,
            Change::LeftByRule => self.left_by_rule,
        }
    }
}
