//! Previews of audiences.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::rule_schema::Rule;
use crate::recommendations::schema::Reason;
use crate::reports::schema::Sentence;

/// What a preview is asked for with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// Why the list is made; it goes to the audit log.
    #[schema(max_length = 200)]
    pub purpose: Option<String>,
    /// The item to be announced; exactly one of `item_id` and `topic`.
    pub item_id: Option<String>,
    /// The topic to be spoken of.
    pub topic: Option<String>,
    /// Who is meant; everybody where it is missing.
    #[schema(value_type = Option<Rule>, example = json!({ "all": [{ "field": "age_band", "in": ["25-34", "35-44"] },
        { "did": { "event": "read", "topic": "亲子", "within_days": 30, "at_least": 3 } }] }))]
    pub rule: Option<serde_json::Value>,
    /// The most members selected.
    #[schema(maximum = 4_294_967_295_u64)]
    pub limit: Option<usize>,
    /// Share of the audience kept out of the push to compare with; 0.1 where it is missing, 0 for none.
    #[schema(minimum = 0, exclusive_maximum = 1, default = 0.1)]
    pub hold_out: Option<f64>,
}

/// Who would be in an audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The instant whose state the snapshot is.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// The answer in one sentence.
    pub sentence: Sentence,
    /// Members left after each step.
    pub funnel: Vec<FunnelStep>,
    /// Members in the arm `push`.
    pub selected: usize,
    /// Members in the hold-out.
    pub held_out: usize,
    /// Responses expected of the arm `push`.
    pub expected_responses: ExpectedResponses,
    /// Selected members by attribute.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// The first of the selected members.
    pub sample: Vec<SampleMember>,
    /// Members left out, by the reason that left them out.
    pub excluded: BTreeMap<String, usize>,
}

/// Members left after one step.
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

/// How many are expected to respond.
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
    /// Whether the probabilities were calibrated on real exposures.
    pub calibrated: bool,
}

/// Selected members of one group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Breakdown {
    /// The group.
    pub key: String,
    /// Its selected members.
    pub members: usize,
}

/// One selected member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleMember {
    /// The member's id.
    pub member_id: String,
    /// Place by probability, from 1.
    pub rank: usize,
    /// That the member responds.
    pub probability: f64,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}
