//! Schemas of lists and of the explanation.

use serde::Deserialize;
use utoipa::ToSchema;

/// Kinds of items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An article to read.
    Article,
    /// An activity to sign up for.
    Activity,
    /// A service for members.
    Service,
    /// A coupon or an offer.
    Product,
    /// A room or a court.
    Venue,
}

/// Which list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The list for everybody.
    General,
}

/// The list for one member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recommendations {
    /// Id of the member; null if unknown.
    pub member_id: Option<String>,
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// Whether the list uses the member's profile.
    pub personalised: bool,
    /// The list, best first.
    pub items: Vec<RecommendedItem>,
}

/// An item of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecommendedItem {
    /// Id of the item.
    pub item_id: String,
    /// Kind of the item.
    #[schema(value_type = Kind)]
    pub kind: String,
    /// Title.
    pub title: String,
    /// Position in the list, from 1.
    pub rank: usize,
    /// Probability that the member, if shown the item now, reads it within 72 hours (article) or signs up within 7 days (all
    /// other kinds).
    #[schema(minimum = 0, maximum = 1)]
    pub probability: Option<f64>,
    /// Whether the probability is calibrated on real exposures.
    pub calibrated: bool,
    /// Reasons, strongest first.
    pub reasons: Vec<Reason>,
    /// Seats the member could still take; null if there is no limit.
    pub seats_left: Option<u32>,
    /// Whether the position was given to a new item with few exposures, to learn about it.
    pub explored: bool,
    /// Probability that this item received this position; null if nothing was drawn. Send it back with `shown`.
    #[schema(minimum = 0, maximum = 1)]
    pub propensity: Option<f64>,
}

/// A reason for an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Stable code for programs.
    #[schema(example = "topic_preference")]
    pub code: String,
    /// One sentence for people.
    pub text: String,
}

/// Items similar to an item, or popular in an age band.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemList {
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// The list, best first.
    pub items: Vec<RecommendedItem>,
}

/// The lists of many members in the order of the request, `openids` first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// One list for each id.
    pub recommendations: Vec<BatchEntry>,
}

/// One list of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchEntry {
    /// The requested openid; null if a member id was requested.
    pub openid: Option<String>,
    /// Id of the member; null if unknown.
    pub member_id: Option<String>,
    /// The instant whose state the snapshot holds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Name of the snapshot.
    pub version: String,
    /// Whether the list uses the member's profile.
    pub personalised: bool,
    /// The list, best first.
    pub items: Vec<RecommendedItem>,
}

/// How recommendations are made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// `zh` or `en`, by `Accept-Language`.
    pub language: String,
    /// Title.
    pub title: String,
    /// Questions and answers.
    pub sections: Vec<ExplanationSection>,
}

/// A question with its answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplanationSection {
    /// The question.
    pub heading: String,
    /// The answer.
    pub paragraphs: Vec<String>,
}
