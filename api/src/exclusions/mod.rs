//! Exclusion lists: members whom audiences leave out, in every audience or where the list is chosen.

pub(crate) mod applied;
pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod ids;
pub(crate) mod page;
pub(crate) mod record;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod source;
pub(crate) mod upload;
pub(crate) mod workbook;
