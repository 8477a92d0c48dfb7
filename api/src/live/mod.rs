//! The published engine with its overlay, and how a new one replaces it while requests are served.

pub(crate) mod audience_query;
pub(crate) mod day_answers;
pub(crate) mod day_queries;
pub(crate) mod exclusion_sets;
pub(crate) mod form_answers;
pub(crate) mod overlay;
pub(crate) mod plan_answers;
pub(crate) mod plan_queries;
pub(crate) mod publish;
pub(crate) mod published_engine;
pub(crate) mod push_answers;
pub(crate) mod push_policy;
pub(crate) mod push_queries;
pub(crate) mod queries;
pub(crate) mod query_error;
pub(crate) mod slot;
pub(crate) mod team_answers;
pub(crate) mod team_queries;
pub(crate) mod variant_query;
