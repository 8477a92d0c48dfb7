//! Schemas of the days of saved audiences.

use serde::Deserialize;
use utoipa::ToSchema;

/// The days of a saved audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceDays {
    /// Id of the audience.
    pub audience_id: String,
    /// The union subtree of the owner, to which all figures are limited; null for all members.
    pub union_id: Option<String>,
    /// The instant of the last day; null without days.
    #[schema(format = DateTime)]
    pub as_of: Option<String>,
    /// Ascending. At most 400; if more were asked for, the last ones.
    pub days: Vec<AudienceDay>,
}

/// A day of a saved audience. The four counts of members who entered and left are null on the first day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceDay {
    /// The day, in the zone of the home.
    #[schema(format = Date)]
    pub day: String,
    /// The instant whose state was counted: that of the day's last snapshot.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Members who met the rule.
    pub size: u64,
    /// Those of them with an openid who follow the account.
    pub reachable: u64,
    /// The day that this one is compared with: the last one before that has figures.
    #[schema(format = Date)]
    pub previous_day: Option<String>,
    /// Members who meet the rule and did not on the previous day.
    pub entered: Option<u64>,
    /// Members who met the rule on the previous day and do not any more.
    pub left: Option<u64>,
    /// Members who meet the changed rule, but would not meet the earlier one.
    pub entered_by_rule: Option<u64>,
    /// Members who would still meet the earlier rule, but do not meet the changed one.
    pub left_by_rule: Option<u64>,
    /// Version of the audience whose rule was counted.
    pub rule_version: i64,
    /// Whether the rule, or that of an audience it refers to, is another one than on the previous day.
    pub rule_changed: bool,
    /// Whether the lists of members are kept: those of the last 35 days.
    pub members_kept: bool,
}

/// A page of the members who entered a saved audience on a day, or left it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedMembers {
    /// The day.
    #[schema(format = Date)]
    pub day: String,
    /// `entered`, `left`, `entered_by_rule` or `left_by_rule`.
    pub change: String,
    /// How many there were on that day.
    pub total: u64,
    /// How many of them are kept as a list, at most 10,000.
    pub listed: u64,
    /// Ids of the members.
    pub members: Vec<String>,
    /// Members of this page who are not shown: they are no longer members, were erased, refuse personalised lists, or are
    /// outside your unions.
    pub hidden: u64,
    /// The value of `after` for the next page; null after the last one.
    pub next: Option<u64>,
}
