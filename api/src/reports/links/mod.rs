//! Links that show a report with fixed filters to people without an account.

pub(crate) mod actions;
pub(crate) mod database;
pub(crate) mod page;
pub(crate) mod record;
pub(crate) mod shared_page;
