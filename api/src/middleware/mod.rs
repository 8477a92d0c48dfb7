//! What every request passes: client address, identity, rate limit, and errors as problem+json.

pub(crate) mod client;
pub(crate) mod fallback;
pub(crate) mod guard;
pub(crate) mod identity;
pub(crate) mod problem;
pub(crate) mod problem_code;
mod problem_text;
pub(crate) mod rate_limit;
pub(crate) mod route_registry;
pub(crate) mod same_site;
