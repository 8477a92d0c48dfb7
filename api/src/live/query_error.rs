//! Why the published engine cannot answer a query.

use thiserror::Error;
use zhihui_engine::audience::{AudienceError, MAX_PLAN_ITEMS, MIN_PLAN_ITEMS, MIN_SEEDS, Rule, RuleError};

use crate::middleware::problem::{Code, Problem};
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

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
    /// The request names a sensitive topic.
    #[error("{what}")]
    Sensitive {
        /// JSON pointer to the field of the request.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The rule is invalid, too large, or selects people by a sensitive topic.
    #[error(transparent)]
    Rule(RuleError),
}

impl QueryError {
    /// What pages say.
    pub(crate) fn text(&self, t: Locale) -> String {
        match self {
            Self::UnknownItem(id) => t.audiences_unknown_item(id),
            Self::NoSeats(id) => t.audiences_no_seats(id),
            Self::Parameter { parameter: "topic", .. } => t.audiences_unknown_topic().to_owned(),
            Self::Parameter { parameter: "item_ids", .. } => t.audiences_plan_items(MAX_PLAN_ITEMS, MIN_PLAN_ITEMS),
            Self::Parameter { parameter: "hold_out", .. } => t.audiences_invalid_hold_out().to_owned(),
            Self::Parameter { .. } => t.error_invalid_filter_advice().to_owned(),
            Self::Cancelled(_) => t.error_timeout().to_owned(),
            Self::Sensitive { pointer, .. } => t.audiences_sensitive_condition(pointer),
            Self::Rule(error) => match error {
                RuleError::Shape { at, .. } => t.audiences_rule_shape(place(at)),
                RuleError::Unknown { at, name, .. } => t.audiences_rule_unknown_name(name, place(at)),
                RuleError::TooDeep { .. } => t.audiences_rule_too_deep(Rule::MAX_DEPTH),
                RuleError::TooManyConditions { .. } => t.audiences_rule_too_many_conditions(Rule::MAX_CONDITIONS),
                RuleError::TooManyValues { .. } => {
                    t.audiences_rule_too_many_values(grouped(Rule::MAX_VALUES as f64, 0))
                }
                RuleError::UnknownAudience { id, .. } => t.audiences_rule_unknown_audience(id),
                RuleError::AudienceRing { id, .. } => t.audiences_rule_ring(id),
                RuleError::TooFewSeeds { .. } => t.audiences_too_few_seeds(MIN_SEEDS),
                RuleError::Sensitive { at, .. } => t.audiences_sensitive_condition(at),
                RuleError::Stopped { .. } => t.error_timeout().to_owned(),
            },
        }
    }
}

/// A JSON pointer as a person reads it; `/` for the whole rule.
fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "/" } else { pointer }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let (detail, wording) = (error.to_string(), Locale::both(|t| error.text(t)));
        let problem = |code| Self::new(code, detail).worded(wording);
        match error {
            QueryError::UnknownItem(_) => problem(Code::UnknownItem),
            QueryError::NoSeats(_) => problem(Code::InvalidParameter).with("parameter", "selection"),
            QueryError::Parameter { parameter, .. } => problem(Code::InvalidParameter).with("parameter", parameter),
            QueryError::Cancelled(_) => problem(Code::Busy).retry_after(10),
            QueryError::Sensitive { pointer, .. } => problem(Code::SensitiveTopic).with("pointer", pointer),
            QueryError::Rule(error) => {
                let code = match error {
                    RuleError::TooManyConditions { .. } | RuleError::TooManyValues { .. } => Code::RuleTooLarge,
                    RuleError::TooFewSeeds { .. } => Code::TooFewSeeds,
                    RuleError::Sensitive { .. } => Code::SensitiveTopic,
                    _ => Code::InvalidRule,
                };
                problem(code).with("pointer", error.pointer())
            }
        }
    }
}

impl From<RuleError> for QueryError {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::Stopped { .. } => Self::Cancelled(error.to_string()),
            error => Self::Rule(error),
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
