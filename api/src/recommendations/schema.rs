//! Lists of items.

use serde::Deserialize;
use utoipa::ToSchema;

/// Kinds of items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something to read.
    Article,
    /// Something to take part in.
    Activity,
    /// Something done for members.
    Service,
    /// A coupon or an offer.
    Product,
    /// A room or a court.
    Venue,
}

/// Whose list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The one that everybody gets.
    General,
}

/// The list for one member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recommendations {
    /// The member's id; null when unknown.
    pub member_id: Option<String>,
    /// The instant whose state the snapshot is.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// Whether the member's own profile was read.
    pub personalised: bool,
    /// The list, best first.
    pub items: Vec<RecommendedItem>,
}

/// One item of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecommendedItem {
    /// The item's id.
    pub item_id: String,
    /// What it is.
    #[schema(value_type = Kind)]
    pub kind: String,
    /// Title.
    pub title: String,
    /// Place in the list, from 1.
    pub rank: usize,
    /// That the member, if shown the item now, reads it within 72 hours (article) or signs up within 7 days (anything else).
    #[schema(minimum = 0, maximum = 1)]
    pub probability: Option<f64>,
    /// Whether the probability was calibrated on real exposures.
    pub calibrated: bool,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
    /// Seats that this member could still take; null where there is no limit.
    pub seats_left: Option<u32>,
    /// Whether the place was given to a new item that hardly anybody has met, to learn of it.
    pub explored: bool,
    /// Probability with which this item got this place of this list; null where nothing was drawn. Send it back with `shown`.
    #[schema(minimum = 0, maximum = 1)]
    pub propensity: Option<f64>,
}

/// Why an item is in a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Stable word for programs.
    #[schema(example = "topic_preference")]
    pub code: String,
    /// One sentence for people.
    pub text: String,
}

/// Items that belong to an item or an age band.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemList {
    /// The instant whose state the snapshot is.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// The list, best first.
    pub items: Vec<RecommendedItem>,
}

/// The lists of many members in the order asked, `openids` first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The instant whose state the snapshot is.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// One list for each id.
    pub recommendations: Vec<BatchEntry>,
}

/// One list of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchEntry {
    /// The WeChat id that was asked for; null where a member's id was.
    pub openid: Option<String>,
    /// The member's id; null when unknown.
    pub member_id: Option<String>,
    /// The instant whose state the snapshot is.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The snapshot's name.
    pub version: String,
    /// Whether the member's own profile was read.
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
