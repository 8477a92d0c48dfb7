//! How many members to push to for an item with seats: the two selections side by side, and the demand of every union.

mod plan;
mod planned_list;
mod sentence;
mod union_demand;

pub use crate::index::ShowUp;
pub use plan::{PlanSeats, SeatPlan};
pub use planned_list::{PlannedList, SeatShortage, SeatsPerCandidate};
pub use union_demand::{UnionDemand, UnionToPhone};
