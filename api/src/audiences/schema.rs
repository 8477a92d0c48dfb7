//! Schemas of audience previews.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::rule_schema::Rule;
use crate::recommendations::schema::Reason;
use crate::reports::schema::Sentence;

/// Request of a preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// Why the list is made. Goes to the audit log.
    #[schema(max_length = 200)]
    pub purpose: Option<String>,
    /// The item to push. Give exactly one of `item_id` and `topic`.
    pub item_id: Option<String>,
    /// The topic to push.
    pub topic: Option<String>,
    /// Conditions; all members if missing.
    #[schema(value_type = Option<Rule>, example = json!({ "all": [{ "field": "age_band", "in": ["25-34", "35-44"] },
        { "did": { "event": "read", "topic": "亲子", "within_days": 30, "at_least": 3 } }] }))]
    pub rule: Option<serde_json::Value>,
    /// Maximum number of selected members.
    #[schema(maximum = 4_294_967_295_u64)]
    pub limit: Option<usize>,
    /// Share of the audience kept out of the push for comparison; 0.1 if missing, 0 for none.
    #[schema(minimum = 0, exclusive_maximum = 1, default = 0.1)]
    pub hold_out: Option<f64>,
    /// Exclusion lists to apply, by id, besides those that apply to every audience.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to leave out members of other push lists that are under way; the setting of the home if missing.
    pub one_list_at_a_time: Option<bool>,
    /// Whether to return at which hour to send.
    #[serde(default)]
    pub send_hours: bool,
    /// `likeliest` (default) or `even`. `even` requires an item with seats.
    #[schema(default = "likeliest", pattern = "^(likeliest|even)$")]
    pub selection: Option<String>,
    /// 2 to 4 variants of a list of one item, or none. Members who cannot join the items of all of them are left out.
    #[serde(default)]
    #[schema(max_items = 4)]
    pub variants: Vec<NewVariant>,
}

/// A variant of a list: what a share of its members gets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVariant {
    /// Name, such as `A`; different for every variant.
    #[schema(min_length = 1, max_length = 20)]
    pub name: String,
    /// The item to push; that of the list if missing.
    pub item_id: Option<String>,
    /// The title to send, or the name of the material; that of the item if missing.
    #[schema(min_length = 1, max_length = 100)]
    pub title: Option<String>,
    /// Share of the members. The shares add up to 1; equal shares if all are missing.
    #[schema(minimum = 0.01, maximum = 1)]
    pub share: Option<f64>,
}

/// A preview of an audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// The result in one sentence.
    pub sentence: Sentence,
    /// Members left after each step.
    pub funnel: Vec<FunnelStep>,
    /// Number of members to push to.
    pub selected: usize,
    /// Number of members in the hold-out.
    pub held_out: usize,
    /// Expected responses of the members to push to.
    pub expected_responses: ExpectedResponses,
    /// Selected members by attribute.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// The first of the selected members.
    pub sample: Vec<SampleMember>,
    /// Number of excluded members by reason.
    pub excluded: BTreeMap<String, usize>,
    /// The exclusion lists that were applied, with the members that each concerned.
    pub exclusions: Vec<ExclusionCount>,
    /// When to send; null unless it was requested.
    pub send_hours: Option<SendHours>,
}

/// How many members an exclusion list concerns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionCount {
    /// Id of the list.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its members who reached the step `caps`. A member of several lists counts in each.
    pub members: usize,
    /// Whether they were left out.
    pub applied: bool,
}

/// When to send to the members to push to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendHours {
    /// Members to push to.
    pub members: usize,
    /// Those with at least 8 reads outside the quiet hours in 180 days.
    pub by_habit: usize,
    /// The 24 hours.
    pub hours: Vec<HourCount>,
    /// The age bands of the other members, in order.
    pub age_bands: Vec<BandTime>,
    /// The time that suits most of the others, such as `12:30`. Null if there are none, or no reads.
    pub rest_at: Option<String>,
    /// The hour that suits most members. Null if there are no reads.
    pub best_hour: Option<u32>,
}

/// Members by the hour at which to send to them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HourCount {
    /// The hour, 0 to 23.
    pub hour: u32,
    /// Members who read most at this hour.
    pub by_habit: usize,
    /// Members without a known habit whose age band reads most in this hour.
    pub by_age_band: usize,
    /// Whether the hour begins in the quiet hours.
    pub quiet: bool,
}

/// The time at which an age band reads most.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BandTime {
    /// Label of the age band.
    pub age_band: String,
    /// Members of the band without a known habit.
    pub members: usize,
    /// The beginning of the half hour, such as `12:30`. Null if there are no reads.
    pub time: Option<String>,
}

/// A step of the funnel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelStep {
    /// `all`, `rule`, `reachable`, `personalised`, `eligible`, `not_signed_up`, `caps`, `quota`, `limit` or `hold_out`.
    pub step: String,
    /// JSON pointer to the condition of a `rule` step.
    #[schema(example = "/all/0")]
    pub path: Option<String>,
    /// Members left.
    pub left: usize,
}

/// The expected number of responses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedResponses {
    /// Sum of the probabilities.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Coverage of the interval.
    #[schema(example = 0.9)]
    pub level: f64,
    /// Whether the probabilities are calibrated on real exposures.
    pub calibrated: bool,
}

/// Selected members of a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Breakdown {
    /// The group.
    pub key: String,
    /// Number of selected members.
    pub members: usize,
}

/// A selected member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleMember {
    /// Id of the member.
    pub member_id: String,
    /// Rank by probability, from 1.
    pub rank: usize,
    /// Probability of a response.
    pub probability: f64,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
}
