//! The request for a plan, and its answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zhihui_data::ItemKind;

use super::MIN_CANDIDATES;
use crate::audience::{AudienceRequest, Exclusion, ExpectedResponses, Rule, Sentence};

/// What members are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// The age band.
    AgeBand,
    /// The interest segment.
    Segment,
}

impl GroupBy {
    /// The name in requests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgeBand => "age_band",
            Self::Segment => "segment",
        }
    }

    /// The grouping of a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AgeBand, Self::Segment].into_iter().find(|by| by.as_str() == text)
    }
}

/// A request for a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct BandPlanRequest {
    /// The items by id.
    pub items: Vec<String>,
    /// What members are grouped by.
    pub by: GroupBy,
    /// Minimum number of candidates of a group with an item of its own.
    pub min_candidates: usize,
    /// The audience of each item: rule, union, hold-out, caps and time. Its target, limit and sample are not used.
    pub audience: AudienceRequest,
    /// The exclusions of each item, in the order of the items, because members of lists for the same item are not excluded.
    /// Items without an entry have those of `audience`.
    pub exclusions: Vec<Vec<Exclusion>>,
}

impl BandPlanRequest {
    /// A plan by age band with the documented minimum of candidates.
    #[must_use]
    pub fn new(items: Vec<String>, audience: AudienceRequest) -> Self {
        Self { items, by: GroupBy::AgeBand, min_candidates: MIN_CANDIDATES, audience, exclusions: Vec::new() }
    }
}

/// An item of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanItem {
    /// The item.
    pub item_id: String,
    /// Its kind.
    pub kind: ItemKind,
    /// Its title.
    pub title: String,
    /// Seats left. `None` without a limit.
    pub seats_left: Option<u32>,
    /// Members who meet the rule and cannot be pushed the item, by reason.
    pub excluded: BTreeMap<String, usize>,
}

/// An item for a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanOption {
    /// The item.
    pub item_id: String,
    /// Members of the group who can be pushed the item.
    pub candidates: usize,
    /// Members of the group who would be pushed: within the seats left, without the hold-out.
    pub selected: usize,
    /// Their expected responses.
    pub expected_responses: ExpectedResponses,
    /// Whether the seats left of the item or of a union exclude candidates.
    pub seats_decide: bool,
}

/// A group with its items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanGroup {
    /// Label of the age band, name of the segment, or `others`.
    pub key: String,
    /// The groups that are too small for an item of their own; only for `others`.
    pub merged: Vec<String>,
    /// Members of the group who meet the rule.
    pub members: usize,
    /// The rule of this group's audience: the rule of the request, and the group.
    pub rule: Rule,
    /// The item of the group. `None` if nobody in it can be pushed any item.
    pub item_id: Option<String>,
    /// The expected responses of the group to its item.
    pub expected_responses: Option<ExpectedResponses>,
    /// Whether the group would get another item if other groups did not need the same seats.
    pub moved_by_seats: bool,
    /// All items for this group, in the order of the request.
    pub options: Vec<PlanOption>,
}

/// The total of all groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// The expected responses of the plan minus those of the best single item.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResponseGain {
    /// The difference. Never negative.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Coverage of the interval: 0.9.
    pub level: f64,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandPlan {
    /// The time of the snapshot's data, RFC 3339.
    pub as_of: String,
    /// The snapshot's version.
    pub version: String,
    /// What members are grouped by.
    pub by: GroupBy,
    /// A summary in one sentence.
    pub sentence: Sentence,
    /// The items, in the order of the request.
    pub items: Vec<PlanItem>,
    /// Whether both articles and other items are in the plan, so that reads and sign-ups are added.
    pub mixes_responses: bool,
    /// The groups: age bands or segments in the order of the snapshot, then `others`.
    pub groups: Vec<PlanGroup>,
    /// All groups with their items.
    pub plan: PlanTotal,
    /// The best single item for all groups. `None` if nobody can be pushed any item.
    pub single: Option<PlanTotal>,
    /// What the plan gains on the single item.
    pub gain: ResponseGain,
}
