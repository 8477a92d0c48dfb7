//! Callbacks of WeChat: verifies them, and turns them into events and results of push lists.

pub(crate) mod revocation;
pub(crate) mod revoked_openids;
pub(crate) mod routes;
pub(crate) mod settings;
pub(crate) mod translate;
