//! Builds the tables below `built/` as of one instant: members, items, interactions, preferences, popularity and counts.
//!
//! The SQL is in `pipeline/sql/build`, the checks are in `pipeline/sql/checks`. A table is built again only if its inputs,
//! parameters or SQL changed. New tables become visible after all checks have passed.

mod ages;
mod assemble;
mod bound_function;
mod checks;
mod consent;
mod context;
mod error;
mod execution;
mod fingerprint;
mod functions;
mod inbox_position;
mod inputs;
mod interaction_queries;
mod interactions;
mod item_bands;
#[cfg(test)]
mod little_memory;
mod monthly_tables;
mod openid_owners;
mod options;
mod partitioned_table;
mod run;
mod session;
mod sign_up_months;
mod snapshot_before;
mod staged_query;
mod state;
mod steps;
mod temporary_table;
mod topic_shares;
mod vocabulary;

pub use assemble::assemble;
pub use error::BuildError;
#[cfg(feature = "cluster")]
pub(crate) use functions::plain_functions;
pub use inbox_position::{InboxPosition, inbox_position};
pub use options::{BuildOptions, BuildReport, BuiltTable, HalfLives, TableStatus, Weights};
pub use run::build;
pub(crate) use session::{Parameters, instant, open, parameter};
pub use snapshot_before::snapshot_before;
pub use state::last_as_of;
