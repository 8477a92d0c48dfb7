//! Authentication and authorisation: roles, API keys, sessions, sign-in and lock-out.

pub(crate) mod access;
pub(crate) mod caller;
pub(crate) mod csrf;
pub(crate) mod hourly_quota;
pub(crate) mod key_ring;
pub(crate) mod network;
pub(crate) mod page_form;
pub(crate) mod refusal_log;
pub(crate) mod reload;
pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod sign_in;
pub(crate) mod sign_in_guard;
pub(crate) mod sign_in_url;
pub(crate) mod state;
