//! `POST /v1/events`: validates events, stores them in the inbox and applies them to the overlay.

pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod times;
pub(crate) mod validate;
pub(crate) mod writer;
