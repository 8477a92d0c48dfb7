//! Notes of staff about days, which reports show beside their figures.

pub(crate) mod actions;
pub(crate) mod database;
