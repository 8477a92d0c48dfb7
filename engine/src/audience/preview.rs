//! The shapes of the contract's audience preview.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Reason;

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sentence {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How many members are left after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStep {
    /// `all`, `rule`, `reachable`, `personalised`, `eligible`, `not_signed_up`, `caps`, `quota`, `limit` or `hold_out`.
    pub step: String,
    /// JSON pointer to the condition of a `rule` step; null for others.
    pub path: Option<String>,
    /// Members left.
    pub left: usize,
}

/// How many are expected to respond.
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
    /// Whether the probabilities were calibrated on real exposures.
    pub calibrated: bool,
}

/// Selected members of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// The group.
    pub key: String,
    /// Its selected members.
    pub members: usize,
}

/// One selected member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleMember {
    /// Outside id.
    pub member_id: String,
    /// Place by probability, from 1.
    pub rank: usize,
    /// That the member responds.
    pub probability: f64,
    /// ReasonKind, strongest first.
    pub reasons: Vec<Reason>,
}

/// The answer to an audience preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The instant whose state the snapshot is, RFC 3339.
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
    /// Members of the arm `push` by `age_band`, `union_id` (the 20 largest), `home_district` and `gender`; missing is the
    /// group `unknown`.
    pub breakdowns: BTreeMap<String, Vec<Breakdown>>,
    /// The first of the selected members.
    pub sample: Vec<SampleMember>,
    /// Members outside the arm `push`, by the first reason that left them out; with `selected` they add up to everybody.
    pub excluded: BTreeMap<String, usize>,
}
