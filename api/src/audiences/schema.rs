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
    /// `likeliest` (default) or `even`. `even` requires an item with seats.
    #[schema(default = "likeliest", pattern = "^(likeliest|even)$")]
    pub selection: Option<String>,
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
