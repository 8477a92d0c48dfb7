//! Why the published engine cannot answer a query.

use thiserror::Error;
use zhihui_engine::audience::{AudienceError, RuleError};

use crate::middleware::problem::{Code, Problem};

/// Why a query has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The snapshot has no such item.
    #[error("item {0:?} is not in the published snapshot; check the id, or ingest and publish it")]
    UnknownItem(String),
    /// An even list was requested for something without seats.
    #[error(
        "selection: {0:?} has no number of seats; choose an activity with a capacity, or select the likeliest members"
    )]
    NoSeats(String),
    /// A parameter is invalid.
    #[error("{parameter}: {what}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// The computation was cancelled because its caller has gone.
    #[error("{0}")]
    Cancelled(String),
    /// The query selects people by a sensitive topic.
    #[error("{what}")]
    Sensitive {
        /// JSON pointer to the condition or the field of the request.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The rule has too many conditions or values.
    #[error("{what}")]
    RuleTooLarge {
        /// JSON pointer to the first condition or list that exceeds the limit.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// Too few members of a seed can be compared with others.
    #[error("{what}")]
    TooFewSeeds {
        /// JSON pointer to the seed.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The rule is invalid.
    #[error("{what}")]
    Rule {
        /// JSON pointer to the condition.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let detail = error.to_string();
        match error {
            QueryError::UnknownItem(_) => Self::new(Code::UnknownItem, detail),
            QueryError::NoSeats(_) => Self::new(Code::InvalidParameter, detail).with("parameter", "selection"),
            QueryError::Parameter { parameter, what } => Self::invalid(parameter, what),
            QueryError::Cancelled(_) => Self::new(Code::Busy, detail).retry_after(10),
            QueryError::RuleTooLarge { pointer, .. } => Self::new(Code::RuleTooLarge, detail).with("pointer", pointer),
            QueryError::Sensitive { pointer, .. } => Self::new(Code::SensitiveTopic, detail).with("pointer", pointer),
            QueryError::TooFewSeeds { pointer, .. } => Self::new(Code::TooFewSeeds, detail).with("pointer", pointer),
            QueryError::Rule { pointer, .. } => Self::new(Code::InvalidRule, detail).with("pointer", pointer),
        }
    }
}

impl From<RuleError> for QueryError {
    fn from(error: RuleError) -> Self {
        let (pointer, what) = (error.pointer().to_owned(), error.to_string());
        match error {
            RuleError::TooManyConditions { .. } | RuleError::TooManyValues { .. } => {
                Self::RuleTooLarge { pointer, what }
            }
            RuleError::Stopped { .. } => Self::Cancelled(what),
            RuleError::Sensitive { .. } => Self::Sensitive { pointer, what },
            RuleError::TooFewSeeds { .. } => Self::TooFewSeeds { pointer, what },
            _ => Self::Rule { pointer, what },
        }
    }
}

impl From<AudienceError> for QueryError {
    fn from(error: AudienceError) -> Self {
        let what = error.to_string();
        match error {
            AudienceError::Rule(error) => error.into(),
            AudienceError::Stopped => Self::Cancelled(what),
            AudienceError::UnknownItem(id) => Self::UnknownItem(id),
            AudienceError::UnknownTopic(_) => Self::Parameter { parameter: "topic", what },
            AudienceError::SensitiveTopic(_) => Self::Sensitive { pointer: "/topic".to_owned(), what },
            AudienceError::NoSeats(id) => Self::NoSeats(id),
            AudienceError::BadPlanItems(_) => Self::Parameter { parameter: "item_ids", what },
            AudienceError::VariantNotOffered { .. } => Self::Parameter { parameter: "variants", what },
            AudienceError::BadHoldOut(_) => Self::Parameter { parameter: "hold_out", what },
        }
    }
}
