//! What the engine is asked for members and what it answers: the shapes of the contract's recommendation routes.

use serde::{Deserialize, Serialize};
use zhihui_data::ItemKind;

/// The language of titles made by the program and of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// Who is asking to be recommended something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// A member by the union's number.
    Member(&'a str),
    /// A member by `WeChat` id.
    OpenId(&'a str),
}

/// One request for a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecommendRequest<'a> {
    /// For whom.
    pub who: Who<'a>,
    /// Length of the list at most.
    pub n: usize,
    /// Only items of this kind.
    pub kind: Option<ItemKind>,
    /// Only items with this topic.
    pub topic: Option<&'a str>,
    /// Items to leave out, by outside id.
    pub exclude: &'a [String],
    /// Whether the list must be the one that everybody gets; no profile is read.
    pub general: bool,
    /// The instant of the request, seconds since 1970 in UTC: what is open is judged at this time.
    pub now: i64,
    /// The language of the reasons.
    pub language: Language,
}

/// Why an item is in a list, true of this member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code for programs: `topic_preference`, `similar_item`, `union_mates`, `near_home`, `near_work`, `popular_in_band`,
    /// `popular`, `fresh`, `family`, `free`, `taste`, `own_union`; `open` where nothing more can be said.
    pub code: String,
    /// One sentence for people.
    pub text: String,
}

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecommendedItem {
    /// Outside id.
    pub item_id: String,
    /// What it is.
    pub kind: ItemKind,
    /// Title.
    pub title: String,
    /// Place in the list, from 1.
    pub rank: usize,
    /// That the member, if shown the item now, reads it within 72 hours (article) or signs up within 7 days (anything else).
    pub probability: Option<f64>,
    /// Whether the probability was calibrated on real exposures.
    pub calibrated: bool,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
    /// Seats that this member could still take; null where there is no limit.
    pub seats_left: Option<u32>,
    /// Whether the place was given to a new item that hardly anybody has met, to learn of it.
    pub explored: bool,
    /// Probability with which this item got this place under the policy that made the list; null where nothing was drawn: lists
    /// for everybody, and where exploration is off. To be sent back with `shown`.
    pub propensity: Option<f64>,
}

/// The answer to a [`RecommendRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendations {
    /// The member's outside id; null when unknown.
    pub member_id: Option<String>,
    /// The instant whose state the snapshot is, RFC 3339.
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// Whether the member's own profile was read.
    pub personalised: bool,
    /// The list.
    pub items: Vec<RecommendedItem>,
}

/// The answer of `similar` and `popular`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemList {
    /// The instant whose state the snapshot is, RFC 3339.
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// The list.
    pub items: Vec<RecommendedItem>,
}
