//! Articles and activities in columns.

use serde::{Deserialize, Serialize};

use super::lists::{Lists, SparseRows};
use crate::kinds::ItemKind;

/// Items in columns, sorted by id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Items {
    /// Outside id.
    pub id: Vec<String>,
    /// What it is.
    pub kind: Vec<ItemKind>,
    /// Title; the id where none was given.
    pub title: Vec<String>,
    /// Indices of topics.
    pub topics: Lists,
    /// When an article was published, or [`NO_TIME`](super::NO_TIME).
    pub published_at: Vec<i64>,
    /// When an activity begins.
    pub starts_at: Vec<i64>,
    /// When an activity ends.
    pub ends_at: Vec<i64>,
    /// When sign-up opens.
    pub opens_at: Vec<i64>,
    /// When sign-up closes.
    pub closes_at: Vec<i64>,
    /// Index of the union that holds it, or [`NONE`](super::NONE).
    pub union: Vec<u32>,
    /// Seats in all; [`NONE`](super::NONE) means no limit, as in the caps below.
    pub capacity: Vec<u32>,
    /// Seats one union may take.
    pub per_union_cap: Vec<u32>,
    /// Tickets one member may take.
    pub per_member_cap: Vec<u32>,
    /// Tickets one member may take with children.
    pub child_tickets: Vec<u32>,
    /// Takers of one union that earn their own session.
    pub own_session_at: Vec<u32>,
    /// Youngest age admitted.
    pub min_age: Vec<u32>,
    /// Oldest age admitted.
    pub max_age: Vec<u32>,
    /// The only sex admitted: 0 any, 1 male, 2 female.
    pub gender: Vec<u8>,
    /// Whether only members of `open_to_unions` are admitted (an unknown union id in the list admits nobody).
    pub limited_to_unions: Vec<bool>,
    /// Indices of unions whose members, or members of unions below, are admitted.
    pub open_to_unions: Lists,
    /// Whether only people of `open_to_districts` are admitted.
    pub limited_to_districts: Vec<bool>,
    /// Indices of districts where a member must live or work.
    pub open_to_districts: Lists,
    /// Index of the district where it takes place, or [`NONE`](super::NONE).
    pub district: Vec<u32>,
    /// Price in yuan; negative when not given.
    pub price: Vec<f32>,
    /// Whether our own push caps do not apply.
    pub urgent: Vec<bool>,
    /// Index of the activity that an article announces, or [`NONE`](super::NONE).
    pub announces: Vec<u32>,
    /// Tickets held (registered and attended).
    pub seats_taken: Vec<u32>,
    /// Tickets held by union: columns are unions, values tickets.
    pub seats_by_union: SparseRows,
}
