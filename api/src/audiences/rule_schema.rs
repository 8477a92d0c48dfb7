//! The rule language of audiences.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::recommendations::schema::Kind;

/// Who is meant: a tree of conditions, at most 20 deep. What a union, topic or segment is called is for the snapshot to know.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Rule {
    /// Every condition holds; an empty list holds for everybody.
    All {
        /// The conditions.
        #[schema(no_recursion)]
        all: Vec<Rule>,
    },
    /// At least one condition holds; an empty list holds for nobody.
    Any {
        /// The conditions.
        #[schema(no_recursion)]
        any: Vec<Rule>,
    },
    /// The condition does not hold.
    Not {
        /// The condition.
        #[schema(no_recursion)]
        not: Box<Rule>,
    },
    /// The member did something so and so often.
    Did {
        /// What.
        did: Did,
    },
    /// The member's share of attention for a topic is at least so much.
    Preference {
        /// Topic and share.
        preference: PreferenceAtLeast,
    },
    /// The member is in this interest segment.
    Segment {
        /// The segment's name.
        segment: String,
    },
    /// The member is in this saved audience.
    Audience {
        /// The audience's id.
        audience: String,
    },
    /// A field of the member compares so and so.
    Field(FieldCondition),
}

/// A topic and the least share.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferenceAtLeast {
    /// The topic.
    pub topic: String,
    /// The least share.
    #[schema(minimum = 0, maximum = 1)]
    pub at_least: f64,
}

/// Fields of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the contract's")]
pub enum Field {
    AgeBand,
    Age,
    Gender,
    UnionId,
    UnionSubtree,
    HomeDistrict,
    WorkDistrict,
    JoinedAt,
    Lifecycle,
    Segment,
    Follows,
    OpenidKnown,
}

/// `field` with exactly one operator. `age` takes numbers, `follows` and `openid_known` true or false, `joined_at` a day or an
/// RFC 3339 instant, the others text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldCondition {
    /// The field.
    pub field: Field,
    /// Equal.
    pub eq: Option<serde_json::Value>,
    /// Known and not equal.
    pub ne: Option<serde_json::Value>,
    /// Equal to one of these.
    pub r#in: Option<Vec<serde_json::Value>>,
    /// Known and equal to none of these.
    pub not_in: Option<Vec<serde_json::Value>>,
    /// Not below; `age`, `age_band` and `joined_at` alone have an order.
    pub at_least: Option<serde_json::Value>,
    /// Not above.
    pub at_most: Option<serde_json::Value>,
    /// Whether the value is missing.
    pub is_unknown: Option<bool>,
}

/// What members do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the contract's")]
pub enum DidEvent {
    Read,
    Share,
    Shown,
    SignUp,
    Attended,
    Cancel,
    Push,
    Feedback,
}

/// Events are filtered first, then counted; at most one of the four counts is given, at least once is meant where none is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// What was done.
    pub event: DidEvent,
    /// Only on items with this topic.
    pub topic: Option<String>,
    /// Only on this item.
    pub item_id: Option<String>,
    /// Only on items of this kind.
    pub kind: Option<Kind>,
    /// Only since the midnight that begins the day n−1 days before as-of's day; not beside `from` and `to`.
    #[schema(minimum = 1)]
    pub within_days: Option<u32>,
    /// Only from this day or RFC 3339 instant on.
    #[schema(example = "2026-11-01")]
    pub from: Option<String>,
    /// Only before this day or instant.
    pub to: Option<String>,
    /// At least so many events.
    pub at_least: Option<u32>,
    /// At most so many events; nobody's absence of events fails it.
    pub at_most: Option<u32>,
    /// Exactly so many events.
    pub exactly: Option<u32>,
    /// On at least so many distinct days.
    pub distinct_days: Option<u32>,
}
