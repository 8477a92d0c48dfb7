//! The response of the contract's audience preview.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ExclusionCount, SendHours};
use crate::Reason;

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sentence {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Number of members left after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStep {
    /// `all`, `rule`, `reachable`, `personalised`, `eligible`, `not_signed_up`, `caps`, `quota`, `limit` or `hold_out`.
    pub step: String,
    /// JSON pointer to the condition of a `rule` step. Null for other steps.
    pub path: Option<String>,
    /// Members left.
    pub left: usize,
}

/// Expected number of responses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedResponses {
    /// Sum of the probabilities of the selected members.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Coverage of the interval: 0.9.
    pub level: f64,
    /// Whether the probabilities are calibrated on real exposures.
    pub calibrated: bool,
}

/// Number of selected members in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// The group.
    pub key: String,
    /// Number of selected members.
    pub members: usize,
}

/// A selected member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleMember {
    /// External id.
    pub member_id: String,
    /// Rank by probability, from 1.
    pub rank: usize,
    /// Probability that the member responds.
    pub probability: f64,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
}

/// The response to an audience preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The time of the snapshot's data, RFC 3339.
    pub as_of: String,
    /// The snapshot's version.
    pub version: String,
    /// A summary in one sentence.
    pub sentence: Sentence,
    /// Members left after each step.
    pub funnel: Vec<FunnelStep>,
    /// Number of members in the arm `push`.
    pub selected: usize,
    /// Number of members in the hold-out.
    pub held_out: usize,
    /// Expected responses of the arm `push`.
    pub expected_responses: ExpectedResponses,
    /// Members of the arm `push` by `age_band`, `union_id` (the 20 largest), `home_district` and `gender`. Missing
    /// values are counted in the group `unknown`.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// The first of the selected members.
    pub sample: Vec<SampleMember>,
    /// Number of members outside the arm `push`, by the first reason that excluded them. Together with `selected` they
    /// add up to all members.
    pub excluded: BTreeMap<String, usize>,
    /// The exclusions of the request, in its order.
    #[serde(default)]
    pub exclusions: Vec<ExclusionCount>,
    /// When to send to the selected members; null unless it was requested.
    #[serde(default)]
    pub send_hours: Option<SendHours>,
}
