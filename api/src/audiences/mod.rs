//! Audiences: whom to push an item or a topic to, previewed and exported as a list.

pub(crate) mod builder;
pub(crate) mod computed;
pub(crate) mod drafts;
pub(crate) mod form;
pub(crate) mod form_request;
pub(crate) mod labels;
pub(crate) mod legacy_conditions;
pub(crate) mod list_file;
pub(crate) mod list_writer;
pub(crate) mod look_alike_routes;
pub(crate) mod page;
pub(crate) mod plan_page;
pub(crate) mod plan_routes;
pub(crate) mod plan_schema;
pub(crate) mod plan_view;
pub(crate) mod preview_view;
pub(crate) mod routes;
pub(crate) mod rule_schema;
pub(crate) mod saved;
pub(crate) mod saved_error;
pub(crate) mod saved_page;
pub(crate) mod saved_routes;
pub(crate) mod saved_rules;
pub(crate) mod saved_schema;
pub(crate) mod schema;
pub(crate) mod search;
