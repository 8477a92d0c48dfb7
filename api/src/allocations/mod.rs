//! Allocations of tickets: first come, or a draw whose seed is committed before and revealed afterwards.
//!
//! `actions` commits a seed, allocates and records the results as sign-ups. `database` keeps every allocation of an
//! activity, so that a draw that is repeated until it suits somebody is seen. `page` shows them, `file` downloads one.

pub(crate) mod actions;
pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod page;
pub(crate) mod record;
pub(crate) mod view;
