//! A plan for one slot: several items, and for each group of members the one to which most are expected to respond.
//!
//! 1. `candidates`: the members who can be pushed each item, ranked as in the item's audience
//! 2. `groups`: members by age band or interest segment; small groups become one group of all others
//! 3. `forecast`: expected responses of a group for an item, limited by the seats left
//! 4. `assignment`: the item of each group, if items with few seats are shared
//! 5. `plan`: totals, compared with the best single item for all

mod answer;
mod assignment;
mod candidates;
mod forecast;
mod groups;
mod plan;
mod sentence;

pub use answer::{BandPlan, BandPlanRequest, GroupBy, PlanGroup, PlanItem, PlanOption, PlanTotal, ResponseGain};

/// Minimum and maximum number of items of a plan.
pub const MIN_PLAN_ITEMS: usize = 2;
/// See [`MIN_PLAN_ITEMS`].
pub const MAX_PLAN_ITEMS: usize = 20;

/// A group needs this number of candidates for at least one item to get an item of its own. The expected responses of
/// fewer members differ too little between items.
pub const MIN_CANDIDATES: usize = 50;
