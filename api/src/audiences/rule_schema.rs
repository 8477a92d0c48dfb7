//! Schema of the rule language of audiences.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::recommendations::schema::Kind;

/// A tree of conditions, at most 20 levels deep. Unions, topics and segments are those of the snapshot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Rule {
    /// All conditions hold. An empty list matches all members.
    All {
        /// The conditions.
        #[schema(no_recursion)]
        all: Vec<Rule>,
    },
    /// At least one condition holds. An empty list matches no member.
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
    /// The member did something a number of times.
    Did {
        /// The activity.
        did: Did,
    },
    /// The member's share of attention for a topic is at least the given share.
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
    /// The member is among those most similar to the members of a saved audience, and not in it.
    SimilarTo {
        /// The audience and how many members are taken.
        similar_to: SimilarTo,
    },
    /// A comparison of a field of the member.
    Field(FieldCondition),
}

/// A saved audience whose look-alikes are wanted. At least 20 of its members must allow personalised lists and have read or
/// signed up for something.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimilarTo {
    /// The audience's id.
    pub audience: String,
    /// How many members are taken.
    pub width: LookAlikeWidth,
}

/// How many look-alikes are taken, as a share of the members who are reachable and allow personalised lists: 1 %, 5 % or 10 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the description of the type explains them")]
pub enum LookAlikeWidth {
    Narrow,
    Medium,
    Wide,
}

/// A topic and the minimum share.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferenceAtLeast {
    /// The topic.
    pub topic: String,
    /// The minimum share.
    #[schema(minimum = 0, maximum = 1)]
    pub at_least: f64,
}

/// Fields of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the contract")]
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

/// `field` with exactly one operator. Values of `age` are numbers, of `follows` and `openid_known` booleans, of `joined_at`
/// days or RFC 3339 instants, of all other fields text.
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
    /// Not below. Only `age`, `age_band` and `joined_at` are ordered.
    pub at_least: Option<serde_json::Value>,
    /// Not above.
    pub at_most: Option<serde_json::Value>,
    /// Whether the value is missing.
    pub is_unknown: Option<bool>,
}

/// Activities of members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the contract")]
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

/// Events are filtered first, then counted. At most one of the four counts may be given; without any, at least one event is
/// required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// The activity.
    pub event: DidEvent,
    /// Only on items with this topic.
    pub topic: Option<String>,
    /// Only on this item.
    pub item_id: Option<String>,
    /// Only on items of this kind.
    pub kind: Option<Kind>,
    /// Only since midnight n−1 days before the day of `as_of`. Not together with `from` and `to`.
    #[schema(minimum = 1)]
    pub within_days: Option<u32>,
    /// Only from this day or RFC 3339 instant.
    #[schema(example = "2026-11-01")]
    pub from: Option<String>,
    /// Only before this day or instant.
    pub to: Option<String>,
    /// Minimum number of events.
    pub at_least: Option<u32>,
    /// Maximum number of events. Members without events match.
    pub at_most: Option<u32>,
    /// Exact number of events.
    pub exactly: Option<u32>,
    /// Minimum number of distinct days.
    pub distinct_days: Option<u32>,
}
