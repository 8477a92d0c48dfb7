//! Rules as the contract defines them: a tree of conditions with limited depth and size. Rules are never translated to
//! SQL.

use serde::{Deserialize, Serialize};

use super::{LookAlikeWidth, RuleError, parse, rule_size};

/// A condition on a member.
///
/// A deserialised rule is valid: its fields, operators, events and values are known, and its depth is at most
/// [`Rule::MAX_DEPTH`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "serde_json::Value")]
pub enum Rule {
    /// All conditions hold. An empty list holds for every member.
    All {
        /// The conditions.
        all: Vec<Rule>,
    },
    /// At least one condition holds. An empty list holds for no member.
    Any {
        /// The conditions.
        any: Vec<Rule>,
    },
    /// The condition does not hold.
    Not {
        /// The condition.
        not: Box<Rule>,
    },
    /// The member's number of matching events meets the count.
    Did {
        /// The event, its filters and the count.
        did: Did,
    },
    /// The member's share of attention for a topic is at least the given value.
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
    /// The member is one of those most like the members of a saved audience, and not in it.
    SimilarTo {
        /// The audience and how many members are taken.
        similar_to: SimilarTo,
    },
    /// A field of the member meets a comparison.
    Field(FieldCondition),
}

/// A topic and a minimum share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferenceAtLeast {
    /// The topic.
    pub topic: String,
    /// The minimum share, 0 to 1.
    pub at_least: f64,
}

/// A saved audience whose look-alikes are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarTo {
    /// The audience's id.
    pub audience: String,
    /// How many members are taken.
    pub width: LookAlikeWidth,
}

/// A `field` with exactly one operator.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldCondition {
    /// The field's name.
    pub field: String,
    /// Equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eq: Option<serde_json::Value>,
    /// Known and not equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ne: Option<serde_json::Value>,
    /// Equal to one of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<serde_json::Value>>,
    /// Known and equal to none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_in: Option<Vec<serde_json::Value>>,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<serde_json::Value>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<serde_json::Value>,
    /// Whether the value is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_unknown: Option<bool>,
}

/// Filters events, then counts them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// The event: `read`, `share`, `shown`, `sign_up`, `attended`, `cancel`, `push` or `feedback`.
    pub event: String,
    /// Only on items with this topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Only on this item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// Only on items of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only since the midnight that begins the day n−1 days before the day of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u32>,
    /// Only from this day or time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only before this day or time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The required number of events.
    #[serde(flatten)]
    pub count: Count,
}

/// The required number of events. At most one field is set; none means at least one event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// At least this number of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// At most this number of events. Members without events meet it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// Exactly this number of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<u32>,
    /// Events on at least this number of distinct days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_days: Option<u32>,
}

impl Rule {
    /// Maximum depth of nesting.
    pub const MAX_DEPTH: usize = 20;
    /// Maximum number of conditions, and of groups (`all`, `any`, `not`) around them.
    pub const MAX_CONDITIONS: usize = 200;
    /// Maximum number of values in the lists of all conditions together.
    pub const MAX_VALUES: usize = 10_000;

    /// Parses a rule. An object without keys is a rule that every member meets.
    ///
    /// # Errors
    /// [`RuleError`] with the JSON pointer of the first error.
    pub fn parse(value: &serde_json::Value) -> Result<Self, RuleError> {
        rule_size::check(value)?;
        parse::rule(value, "", 1)
    }
}

impl TryFrom<serde_json::Value> for Rule {
    type Error = RuleError;

    fn try_from(value: serde_json::Value) -> Result<Self, Self::Error> {
        Self::parse(&value)
    }
}
