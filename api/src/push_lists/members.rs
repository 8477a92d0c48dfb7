//! The members of a push list.

use serde::{Deserialize, Serialize};
use zhihui_engine::Reason;
use zhihui_engine::audience::{ExperimentArm, HoldOutKind};

/// A member of a frozen list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListMember {
    /// Rank by probability among both arms, from 1.
    pub rank: usize,
    /// Id of the member.
    pub member_id: String,
    /// The experiment arm.
    pub arm: ExperimentArm,
    /// Which hold-out the member is in; null in the arm `push`.
    #[serde(default)]
    pub hold_out: Option<HoldOutKind>,
    /// Name of the variant that the member gets, or would have got; null in a list without variants.
    #[serde(default)]
    pub variant: Option<String>,
    /// Probability that the member responds, as it was when the list was frozen.
    pub probability: f64,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
    /// Why the member was left out when the list was sent; null for all others.
    #[serde(default)]
    pub left_out: Option<String>,
}

/// A page of members.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberPage {
    /// The members, by rank.
    pub members: Vec<ListMember>,
    /// The value of `after` for the next page; null after the last one.
    pub next: Option<usize>,
}
