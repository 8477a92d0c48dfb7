//! Recommendations for members, and the explanation of how they are made.

pub(crate) mod explanation;
pub(crate) mod list_params;
pub(crate) mod page;
pub(crate) mod routes;
pub(crate) mod schema;
