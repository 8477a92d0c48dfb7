//! A rule in the contract's words: a tree of conditions, bounded in depth and width, never turned into SQL.

use serde::{Deserialize, Serialize};

use super::{RuleError, parse, rule_size};

/// A condition on a member.
///
/// A rule that was deserialised is well formed: fields, operators, events and their values are known, and it is no
/// deeper than [`Rule::MAX_DEPTH`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "serde_json::Value")]
pub enum Rule {
    /// Every condition holds; an empty list holds for everybody.
    All {
        /// The conditions.
        all: Vec<Rule>,
    },
    /// At least one condition holds; an empty list holds for nobody.
    Any {
        /// The conditions.
        any: Vec<Rule>,
    },
    /// The condition does not hold.
    Not {
        /// The condition.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferenceAtLeast {
    /// The topic.
    pub topic: String,
    /// The least share, 0 to 1.
    pub at_least: f64,
}

/// `field` with exactly one operator.
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
    /// Not below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<serde_json::Value>,
    /// Not above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<serde_json::Value>,
    /// Whether the value is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_unknown: Option<bool>,
}

/// Events are filtered first, then counted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Did {
    /// `read`, `share`, `shown`, `sign_up`, `attended`, `cancel`, `push` or `feedback`.
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
    /// Only since the midnight that begins the day n−1 days before as-of's day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u32>,
    /// Only from this day or instant on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only before this day or instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How often.
    #[serde(flatten)]
    pub count: Count,
}

/// How often: at most one of these; none means at least once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// At least so many events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// At most so many events; nobody's absence of events fails it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// Exactly so many events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<u32>,
    /// On at least so many distinct days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_days: Option<u32>,
}

impl Rule {
    /// Deepest nesting accepted.
    pub const MAX_DEPTH: usize = 20;
    /// Most conditions accepted, and most groups (`all`, `any`, `not`) around them.
    pub const MAX_CONDITIONS: usize = 200;
    /// Most values accepted in the lists of all conditions together.
    pub const MAX_VALUES: usize = 10_000;

    /// Reads a rule; an object without any key is a rule that everybody meets.
    ///
    /// # Errors
    /// [`RuleError`] with the JSON pointer of the first thing that is not understood.
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
