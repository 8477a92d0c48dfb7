//! Requests and responses of the contract's recommendation routes.

use serde::{Deserialize, Serialize};
use zhihui_data::ItemKind;

/// The language of generated titles and of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// The member that a list is requested for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// A member by member id.
    Member(&'a str),
    /// A member by `WeChat` openid.
    OpenId(&'a str),
}

/// A request for a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecommendRequest<'a> {
    /// The member.
    pub who: Who<'a>,
    /// Maximum length of the list.
    pub n: usize,
    /// Only items of this kind.
    pub kind: Option<ItemKind>,
    /// Only items with this topic.
    pub topic: Option<&'a str>,
    /// External ids of items to leave out.
    pub exclude: &'a [String],
    /// Whether to return the general list, which is the same for every member and reads no profile.
    pub general: bool,
    /// The time of the request, in seconds since 1970 in UTC. Decides which items are open.
    pub now: i64,
    /// The language of the reasons.
    pub language: Language,
}

/// A reason why an item is in a list. It is true of this member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code for programs: `topic_preference`, `similar_item`, `union_mates`, `near_home`, `near_work`,
    /// `popular_in_band`, `popular`, `fresh`, `family`, `free`, `taste`, `own_union`, or `open` if no other reason
    /// applies.
    pub code: String,
    /// One sentence for people.
    pub text: String,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecommendedItem {
    /// External id.
    pub item_id: String,
    /// Kind of item.
    pub kind: ItemKind,
    /// Title.
    pub title: String,
    /// Position in the list, from 1.
    pub rank: usize,
    /// Probability that the member, if shown the item now, reads it within 72 hours (article) or signs up within 7 days
    /// (any other kind).
    pub probability: Option<f64>,
    /// Whether the probability is calibrated on real exposures.
    pub calibrated: bool,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
    /// Seats that this member can still take, or null if there is no limit.
    pub seats_left: Option<u32>,
    /// Whether exploration gave this position to a new item with few exposures, in order to measure its response rate.
    pub explored: bool,
    /// Probability that the policy gives this position to this item. Null if nothing was drawn at random: in general
    /// lists, and if exploration is off. Callers send it back with the `shown` event.
    pub propensity: Option<f64>,
}

/// The answer to a [`RecommendRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendations {
    /// The member's external id, or null if unknown.
    pub member_id: Option<String>,
    /// The time of the snapshot's data, RFC 3339.
    pub as_of: String,
    /// The snapshot's version.
    pub version: String,
    /// Whether the list uses the member's own profile.
    pub personalised: bool,
    /// The list.
    pub items: Vec<RecommendedItem>,
}

/// The response of `similar` and `popular`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemList {
    /// The time of the snapshot's data, RFC 3339.
    pub as_of: String,
    /// The snapshot's version.
    pub version: String,
    /// The list.
    pub items: Vec<RecommendedItem>,
}
