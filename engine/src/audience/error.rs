//! Errors in a rule or in a request for an audience.

use thiserror::Error;

/// An invalid rule. `at` is the JSON pointer of the invalid place, empty for the whole rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// The value has an unexpected type or structure.
    #[error("rule at \"{at}\": {expected}")]
    Shape {
        /// JSON pointer.
        at: String,
        /// What is expected.
        expected: String,
    },
    /// The name is unknown.
    #[error("rule at \"{at}\": unknown {what} \"{name}\"; known: {known}")]
    Unknown {
        /// JSON pointer.
        at: String,
        /// Kind of name.
        what: &'static str,
        /// The given name.
        name: String,
        /// The known names.
        known: String,
    },
    /// The rule is nested too deeply.
    #[error(
        "rule at \"{at}\": nested deeper than {} levels; move a part into a saved audience",
        super::Rule::MAX_DEPTH
    )]
    TooDeep {
        /// JSON pointer.
        at: String,
    },
    /// The rule has too many conditions.
    #[error(
        "rule at \"{at}\": more than {} conditions or groups; combine values of one field in one \"in\" list",
        super::Rule::MAX_CONDITIONS
    )]
    TooManyConditions {
        /// JSON pointer of the first one too many.
        at: String,
    },
    /// The lists of the rule have too many values together.
    #[error(
        "rule at \"{at}\": more than {} values in all lists together; use a union subtree, a segment or a district instead",
        super::Rule::MAX_VALUES
    )]
    TooManyValues {
        /// JSON pointer of the list.
        at: String,
    },
    /// The caller cancelled before the rule was evaluated.
    #[error("rule at \"{at}\": cancelled before this condition was evaluated; simplify the rule or try again later")]
    Stopped {
        /// JSON pointer of the first condition that was not evaluated.
        at: String,
    },
    /// The rule refers to a saved audience that does not exist.
    #[error("rule at \"{at}\": unknown saved audience \"{id}\"; save it first or use another id")]
    UnknownAudience {
        /// JSON pointer.
        at: String,
        /// The audience's id.
        id: String,
    },
    /// Saved audiences refer to one another in a cycle.
    #[error("rule at \"{at}\": audience \"{id}\" refers to itself; remove one of the references")]
    AudienceRing {
        /// JSON pointer.
        at: String,
        /// The audience's id.
        id: String,
    },
    /// Too few members of the seed can be compared with others.
    #[error(
        "rule at \"{at}\": only {usable} members of the seed allow personalised lists and have read or signed up for \
         something, and {} are needed; widen the seed",
        super::MIN_SEEDS
    )]
    TooFewSeeds {
        /// JSON pointer.
        at: String,
        /// Members of the seed that can be compared.
        usable: usize,
    },
    /// The rule selects members by a sensitive topic.
    #[error(
        "rule at \"{at}\": topic \"{topic}\" is sensitive and cannot be used to select members; remove the condition"
    )]
    Sensitive {
        /// JSON pointer.
        at: String,
        /// The topic.
        topic: String,
    },
}

impl RuleError {
    /// The JSON pointer of the invalid place.
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
            | Self::TooFewSeeds { at, .. }
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
            Self::TooFewSeeds { .. } => "too_few_seeds",
            Self::Sensitive { .. } => "sensitive_topic",
        }
    }
}

/// The reason why an audience cannot be built.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AudienceError {
    /// The rule is invalid.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// No item has this id.
    #[error("unknown item \"{0}\"; ingest and publish it, or use another id")]
    UnknownItem(String),
    /// No item has this topic.
    #[error("no item has the topic \"{0}\"; write the topic exactly as in articles and activities")]
    UnknownTopic(String),
    /// The topic is sensitive and is never used to select members.
    #[error("topic \"{0}\" is sensitive and cannot be used to select members")]
    SensitiveTopic(String),
    /// The caller cancelled the request.
    #[error("the audience was not finished in time; simplify the request or try again later")]
    Stopped,
    /// An even list or a seat plan was requested for something without a number of seats.
    #[error("\"{0}\" has no number of seats; choose an activity with a capacity, or select the likeliest members")]
    NoSeats(String),
    /// A plan needs at least two items, each once.
    #[error(
        "a plan needs {min} to {max} items, each given once, and there are {0} different ones; add or remove items",
        min = super::MIN_PLAN_ITEMS,
        max = super::MAX_PLAN_ITEMS
    )]
    BadPlanItems(usize),
    /// The item of a variant cannot be pushed now.
    #[error("variant item \"{item}\" is not offered now ({why}); use an item that is open")]
    VariantNotOffered {
        /// Id of the item.
        item: String,
        /// Code of the reason, such as `ended`.
        why: &'static str,
    },
    /// `hold_out` is not a share from 0 to less than 1.
    #[error("invalid hold_out {0}; use a share of at least 0 and less than 1, for example 0.1")]
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
            Self::NoSeats(_) => "no_seats",
            Self::BadPlanItems(_) => "bad_plan_items",
            Self::VariantNotOffered { .. } => "variant_not_offered",
            Self::BadHoldOut(_) => "bad_hold_out",
        }
    }
}
