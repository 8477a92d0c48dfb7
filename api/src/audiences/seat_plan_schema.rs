//! Schemas of seat plans.

use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::ExpectedResponses;
use crate::reports::schema::Sentence;

/// How many members to push to for an item with seats: the likeliest, or the same expected number of seats spread evenly
/// over unions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatPlan {
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// The item.
    pub item_id: String,
    /// The result in one sentence.
    pub sentence: Sentence,
    /// The seats of the item.
    pub seats: PlanSeats,
    /// The share of sign-ups that attend; null if attendance was never recorded.
    pub show_up: Option<ShowUp>,
    /// The list of each selection: `likeliest`, then `even`.
    pub lists: Vec<PlannedList>,
    /// Demand by union, the most expected takers first.
    pub demand: Vec<UnionDemand>,
    /// Unions whose members would come but cannot be reached, the most expected takers first.
    pub to_phone: Vec<UnionToPhone>,
}

/// The seats of an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSeats {
    /// All seats.
    pub capacity: u32,
    /// Seats that are taken. May exceed the capacity.
    pub taken: u32,
    /// Seats left.
    pub left: u32,
}

/// The share of sign-ups that attend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowUp {
    /// The rate of this kind of item, shrunk towards the rate of all kinds.
    #[schema(minimum = 0, maximum = 1)]
    pub rate: f64,
    /// Past sign-ups of this kind with a known outcome. 0: the rate is that of all kinds.
    pub sign_ups: usize,
    /// Past sign-ups of all kinds with a known outcome.
    pub sign_ups_of_all_kinds: usize,
}

/// The list of one selection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedList {
    /// `likeliest` or `even`.
    #[schema(pattern = "^(likeliest|even)$")]
    pub selection: String,
    /// Number of members to push to.
    pub selected: usize,
    /// Number of members in the hold-out.
    pub held_out: usize,
    /// Expected responses of the members to push to.
    pub expected_responses: ExpectedResponses,
    /// Seats that they are expected to take: responses times tickets.
    pub expected_seats: f64,
    /// Expected seats whose holders attend; null if attendance was never recorded.
    pub expected_attendance: Option<f64>,
    /// Whether the list is expected to fill the seats left.
    pub fills_seats: bool,
    /// Why it does not: `candidates`, `union_caps`, `limit` or `hold_out`; null if it does.
    #[schema(pattern = "^(candidates|union_caps|limit|hold_out)$")]
    pub shortage: Option<String>,
    /// Number of unions with a member to push to.
    pub unions: usize,
    /// Expected seats of both arms per candidate, over the unions with candidates.
    pub seats_per_candidate: SeatsPerCandidate,
}

/// Expected seats per candidate by union.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatsPerCandidate {
    /// Of the union that gets least.
    pub lowest: f64,
    /// The median of the unions.
    pub median: f64,
    /// Of the union that gets most.
    pub highest: f64,
}

/// The demand of one union. Counts only members who meet the rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnionDemand {
    /// Id of the union; null for members without a union or of unions that the caller may not see.
    pub union_id: Option<String>,
    /// Its name.
    pub union_name: Option<String>,
    /// Members.
    pub members: usize,
    /// Members who can be pushed to.
    pub candidates: usize,
    /// Expected number of members who sign up if all candidates are pushed to.
    pub expected_takers: f64,
    /// Members who are signed up.
    pub signed_up: Option<u32>,
    /// Seats left by the cap of the union; null without a cap.
    pub seats_left: Option<u32>,
    /// Whether the sign-ups so far and the expected ones earn the union a session of its own; null if the item offers
    /// none.
    pub own_session: Option<bool>,
}

/// A union whose members would come but cannot be reached.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnionToPhone {
    /// Id of the union.
    pub union_id: String,
    /// Its name.
    pub union_name: String,
    /// Eligible members who are not signed up and allow personalised lists, but have no openid or do not follow the
    /// account.
    pub members: usize,
    /// Expected number of them who sign up if they are asked.
    pub expected_takers: f64,
}
