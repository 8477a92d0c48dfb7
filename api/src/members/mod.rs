//! Members: data export, consent and erasure over HTTP, and the member page.

pub(crate) mod consent;
pub(crate) mod erasure;
pub(crate) mod export;
pub(crate) mod member_access;
pub(crate) mod page;
pub(crate) mod records;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod state;
pub(crate) mod view;
