//! Articles and activities in columns.

use serde::{Deserialize, Serialize};

use super::lists::{Lists, SparseRows};
use crate::kinds::ItemKind;

/// Items in columns, sorted by id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Items {
    /// External id.
    pub id: Vec<String>,
    /// The kind of item.
    pub kind: Vec<ItemKind>,
    /// Title, or the id if there is none.
    pub title: Vec<String>,
    /// Indices of topics.
    pub topics: Lists,
    /// Publication time of an article, or [`NO_TIME`](super::NO_TIME).
    pub published_at: Vec<i64>,
    /// Start of an activity.
    pub starts_at: Vec<i64>,
    /// End of an activity.
    pub ends_at: Vec<i64>,
    /// Start of sign-up.
    pub opens_at: Vec<i64>,
    /// End of sign-up.
    pub closes_at: Vec<i64>,
    /// Index of the organising union, or [`NONE`](super::NONE).
    pub union: Vec<u32>,
    /// Total number of seats. [`NONE`](super::NONE) means no limit, as in the caps below.
    pub capacity: Vec<u32>,
    /// Largest number of seats for one union.
    pub per_union_cap: Vec<u32>,
    /// Largest number of tickets for one member.
    pub per_member_cap: Vec<u32>,
    /// Largest number of tickets for one member with children.
    pub child_tickets: Vec<u32>,
    /// Number of sign-ups from one union that entitles it to a session of its own.
    pub own_session_at: Vec<u32>,
    /// Number of members in a team, or [`NONE`](super::NONE) for an activity without teams.
    pub team_size: Vec<u32>,
    /// Minimum age.
    pub min_age: Vec<u32>,
    /// Maximum age.
    pub max_age: Vec<u32>,
    /// The only admitted sex: 0 any, 1 male, 2 female.
    pub gender: Vec<u8>,
    /// Whether only members of `open_to_unions` are admitted. An unknown union id in the list admits no members.
    pub limited_to_unions: Vec<bool>,
    /// Indices of admitted unions. Unions below them are also admitted.
    pub open_to_unions: Lists,
    /// Whether only members in `open_to_districts` are admitted.
    pub limited_to_districts: Vec<bool>,
    /// Indices of districts in which an admitted member lives or works.
    pub open_to_districts: Lists,
    /// Index of the location's district, or [`NONE`](super::NONE).
    pub district: Vec<u32>,
    /// Price in yuan; negative if unknown.
    pub price: Vec<f32>,
    /// Whether the item is exempt from push caps.
    pub urgent: Vec<bool>,
    /// Index of the activity that an article announces, or [`NONE`](super::NONE).
    pub announces: Vec<u32>,
    /// Tickets held (status registered or attended).
    pub seats_taken: Vec<u32>,
    /// Tickets held by each union: columns are unions, values are tickets.
    pub seats_by_union: SparseRows,
}
