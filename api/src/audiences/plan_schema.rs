//! Schemas of plans of several items, and of look-alikes.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::rule_schema::{LookAlikeWidth, Rule};
use super::schema::{Breakdown, ExpectedResponses};
use crate::recommendations::schema::{Kind, Reason};
use crate::reports::schema::Sentence;

/// Request of a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BandPlanRequest {
    /// The items, each once.
    #[schema(min_items = 2, max_items = 20)]
    pub item_ids: Vec<String>,
    /// Conditions; all members if missing.
    #[schema(value_type = Option<Rule>)]
    pub rule: Option<serde_json::Value>,
    /// What members are grouped by; `age_band` if missing.
    pub by: Option<GroupBy>,
    /// Share of each audience kept out of the push for comparison; 0.1 if missing, 0 for none.
    #[schema(minimum = 0, exclusive_maximum = 1, default = 0.1)]
    pub hold_out: Option<f64>,
    /// Why the plan is made. Goes to the audit log.
    #[schema(max_length = 200)]
    pub purpose: Option<String>,
    /// Exclusion lists to apply, by id, besides those that apply to every audience.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to leave out members of push lists for other items; the setting of the home if missing.
    pub one_list_at_a_time: Option<bool>,
}

/// What members are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the request")]
pub enum GroupBy {
    AgeBand,
    Segment,
}

/// A plan of several items for one slot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BandPlan {
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// What members are grouped by.
    pub by: GroupBy,
    /// The result in one sentence.
    pub sentence: Sentence,
    /// The items, in the order of the request.
    pub items: Vec<PlanItem>,
    /// Whether reads of articles and sign-ups for other items are added up.
    pub mixes_responses: bool,
    /// The groups, `others` last.
    pub groups: Vec<PlanGroup>,
    /// All groups with their items.
    pub plan: PlanTotal,
    /// The best single item for all groups; null if nobody can be pushed any item.
    pub single: Option<PlanTotal>,
    /// What the plan gains on the single item.
    pub gain: ResponseGain,
}

/// An item of a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanItem {
    /// Id of the item.
    pub item_id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// Seats left; null without a limit.
    pub seats_left: Option<u32>,
    /// Members who meet the rule and cannot be pushed the item, by reason.
    pub excluded: BTreeMap<String, usize>,
}

/// A group of members with its items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanGroup {
    /// Label of the age band, name of the segment, or `others`.
    pub key: String,
    /// The groups that are too small for an item of their own; only for `others`.
    pub merged: Vec<String>,
    /// Members of the group who meet the rule.
    pub members: usize,
    /// The rule of the audience of this group.
    #[schema(value_type = Object)]
    pub rule: serde_json::Value,
    /// The item of the group; null if nobody in it can be pushed any item.
    pub item_id: Option<String>,
    /// Expected responses of the group to its item.
    pub expected_responses: Option<ExpectedResponses>,
    /// Whether the group would get another item if other groups did not need the same seats.
    pub moved_by_seats: bool,
    /// All items for this group, in the order of the request.
    pub options: Vec<PlanOption>,
}

/// An item for a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanOption {
    /// Id of the item.
    pub item_id: String,
    /// Members of the group who can be pushed the item.
    pub candidates: usize,
    /// Members who would be pushed: within the seats left, without the hold-out.
    pub selected: usize,
    /// Their expected responses.
    pub expected_responses: ExpectedResponses,
    /// Whether seats exclude candidates.
    pub seats_decide: bool,
}

/// The total of all groups.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanTotal {
    /// The item, if all groups get the same one.
    pub item_id: Option<String>,
    /// Members who would be pushed.
    pub selected: usize,
    /// Their expected responses. Groups with the same item share its seats.
    pub expected_responses: ExpectedResponses,
    /// Whether seats exclude candidates.
    pub seats_decide: bool,
}

/// Expected responses of the plan minus those of the best single item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseGain {
    /// The difference.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Coverage of the interval.
    #[schema(example = 0.9)]
    pub level: f64,
}

/// Request of look-alikes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikesRequest {
    /// The members to find look-alikes of.
    pub seed: LookAlikeSeed,
    /// The width that `topics`, `breakdowns` and `sample` describe; `medium` if missing.
    pub width: Option<LookAlikeWidth>,
    /// Why the members are sought. Goes to the audit log.
    #[schema(max_length = 200)]
    pub purpose: Option<String>,
    /// Exclusion lists to apply, by id, besides those that apply to every audience.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to leave out members of other push lists that are under way; the setting of the home if missing.
    pub one_list_at_a_time: Option<bool>,
}

/// The members to find look-alikes of. Give exactly one field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikeSeed {
    /// Id of a saved audience.
    pub audience: Option<String>,
    /// The members who meet a rule.
    #[schema(value_type = Option<Rule>)]
    pub rule: Option<serde_json::Value>,
    /// Ids of members.
    #[schema(max_items = 10_000)]
    pub member_ids: Option<Vec<String>>,
}

/// The look-alikes of a seed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikes {
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// The result in one sentence.
    pub sentence: Sentence,
    /// The seed.
    pub seed: SeedCounts,
    /// Members who are reachable and allow personalised lists. The widths are shares of this number.
    pub base: usize,
    /// Members of `base` outside of the seed who never read or signed up for anything, and are not ranked.
    pub unranked: usize,
    /// The size of each width, the narrowest first.
    pub sizes: Vec<LookAlikeSize>,
    /// The width that the following fields describe, without the excluded members.
    pub width: LookAlikeWidth,
    /// Topics that the look-alikes follow more than all members, by lift.
    pub topics: Vec<LookAlikeTopic>,
    /// Look-alikes by attribute.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// The first of the look-alikes.
    pub sample: Vec<LookAlikeMember>,
    /// The condition that selects these look-alikes; null unless the seed is a saved audience.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<serde_json::Value>,
}

/// How many members the seed has, and how many of them others are compared with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedCounts {
    /// Members of the seed whom the caller may see.
    pub members: usize,
    /// Members of the seed whom others are compared with.
    pub usable: usize,
    /// Members of the seed who refuse personalised lists.
    pub opted_out: usize,
    /// Members of the seed without any read or sign-up.
    pub without_evidence: usize,
    /// Given ids without a member whom the caller may see.
    pub unknown: usize,
}

/// The number of look-alikes of one width.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikeSize {
    /// The width.
    pub width: LookAlikeWidth,
    /// The share of `base`.
    pub share: f64,
    /// The number of members.
    pub members: usize,
    /// Members of this width who are left out by exclusion lists and other push lists. The condition `rule` contains them, and
    /// an audience with it leaves them out as well.
    pub excluded: usize,
}

/// A topic that look-alikes follow more than all members do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikeTopic {
    /// The topic.
    pub topic: String,
    /// Its mean share of the look-alikes' attention.
    pub share: f64,
    /// Its share of all members' attention.
    pub overall_share: f64,
    /// `share` divided by `overall_share`.
    pub lift: f64,
}

/// A look-alike.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAlikeMember {
    /// Id of the member.
    pub member_id: String,
    /// Rank by likeness, from 1.
    pub rank: usize,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
}
