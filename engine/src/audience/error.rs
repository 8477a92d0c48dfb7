//! What can be wrong with a rule or with the request for an audience.

use thiserror::Error;

/// A rule that is not understood; `at` is the JSON pointer of the place, empty for the whole rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// The place holds something of another shape.
    #[error("rule at \"{at}\": {expected}")]
    Shape {
        /// JSON pointer.
        at: String,
        /// What would be understood.
        expected: String,
    },
    /// The place names something unknown.
    #[error("rule at \"{at}\": unknown {what} \"{name}\"; known: {known}")]
    Unknown {
        /// JSON pointer.
        at: String,
        /// What kind of name it is.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The rule is nested too deeply.
    #[error("rule at \"{at}\": nested deeper than {}; split it into saved audiences", super::Rule::MAX_DEPTH)]
    TooDeep {
        /// JSON pointer.
        at: String,
    },
    /// The rule has too many conditions.
    #[error(
        "rule at \"{at}\": more than {} conditions, or as many groups; put values of one field into one \"in\" list",
        super::Rule::MAX_CONDITIONS
    )]
    TooManyConditions {
        /// JSON pointer of the first one too many.
        at: String,
    },
    /// The lists of the rule have too many values together.
    #[error(
        "rule at \"{at}\": more than {} values in all lists together; name a union subtree, a segment or a district instead",
        super::Rule::MAX_VALUES
    )]
    TooManyValues {
        /// JSON pointer of the list.
        at: String,
    },
    /// The caller stopped waiting before the rule was evaluated.
    #[error("rule at \"{at}\": stopped before this condition; ask for less, or again later")]
    Stopped {
        /// JSON pointer of the condition that was not evaluated any more.
        at: String,
    },
    /// A saved audience that is named is not there.
    #[error("rule at \"{at}\": there is no saved audience \"{id}\"; save it first or name another")]
    UnknownAudience {
        /// JSON pointer.
        at: String,
        /// The audience's id.
        id: String,
    },
    /// Saved audiences refer to one another in a ring.
    #[error("rule at \"{at}\": audience \"{id}\" refers back to itself; take one of the references out")]
    AudienceRing {
        /// JSON pointer.
        at: String,
        /// The audience's id.
        id: String,
    },
    /// The place selects by a sensitive topic.
    #[error(
        "rule at \"{at}\": topic \"{topic}\" is marked sensitive: nobody is selected by it; take the condition out"
    )]
    Sensitive {
        /// JSON pointer.
        at: String,
        /// The topic.
        topic: String,
    },
}

impl RuleError {
    /// JSON pointer of the place.
    #[must_use]
    pub fn pointer(&self) -> &str {
        match self {
            Self::Shape { at, .. }
            | Self::Unknown { at, .. }
            | Self::TooDeep { at }
            | Self::TooManyConditions { at }
            | Self::TooManyValues { at }
            | Self::Stopped { at }
            | Self::UnknownAudience { at, .. }
            | Self::AudienceRing { at, .. }
            | Self::Sensitive { at, .. } => at,
        }
    }

    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape { .. } => "rule_shape",
            Self::Unknown { .. } => "rule_unknown_name",
            Self::TooDeep { .. } => "rule_too_deep",
            Self::TooManyConditions { .. } | Self::TooManyValues { .. } => "rule_too_large",
            Self::Stopped { .. } => "stopped",
            Self::UnknownAudience { .. } => "unknown_audience",
            Self::AudienceRing { .. } => "audience_ring",
            Self::Sensitive { .. } => "sensitive_topic",
        }
    }
}

/// ReasonKind an audience cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AudienceError {
    /// The rule is not understood.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// No item has this id.
    #[error("there is no item \"{0}\"; ingest it and publish, or name another")]
    UnknownItem(String),
    /// No item has this topic.
    #[error("no item has the topic \"{0}\"; topics are written exactly as in articles and activities")]
    UnknownTopic(String),
    /// The topic is never used to choose people.
    #[error("topic \"{0}\" is marked sensitive: nobody is chosen by it")]
    SensitiveTopic(String),
    /// The caller stopped waiting.
    #[error("the audience was not finished in time; ask for less, or again later")]
    Stopped,
    /// The share to hold out is not one.
    #[error("hold_out is {0}; it is a share of the audience: at least 0 and below 1, for example 0.1")]
    BadHoldOut(f64),
}

impl AudienceError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rule(error) => error.code(),
            Self::UnknownItem(_) => "unknown_item",
            Self::UnknownTopic(_) => "unknown_topic",
            Self::SensitiveTopic(_) => "sensitive_topic",
            Self::Stopped => "stopped",
            Self::BadHoldOut(_) => "bad_hold_out",
        }
    }
}
