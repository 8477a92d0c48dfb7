//! The size of saved audiences by day, and who entered and who left.

pub(crate) mod background;
pub(crate) mod comparison;
pub(crate) mod compute;
pub(crate) mod database;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod record;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod state;
pub(crate) mod view;
