//! Builds the tables that everything downstream reads.
//!
//! Members, items, interactions, preferences, popularity and counts, all as of one instant. The SQL lies in
//! `pipeline/sql/build`, the checks in `pipeline/sql/checks`.
//!
//! A table is made anew only where its inputs, parameters or SQL changed. Nothing becomes visible before every check passed.

mod ages;
mod assemble;
mod checks;
mod desk;
mod error;
mod fingerprint;
mod functions;
mod inbox_position;
mod inputs;
mod interactions;
mod make;
mod options;
mod restrict;
mod session;
mod shares;
mod stage;
mod state;
mod steps;
mod wishes;

pub use assemble::assemble;
pub use error::BuildError;
pub use inbox_position::{InboxPosition, inbox_position};
pub use make::build;
pub use options::{BuildOptions, BuildReport, BuiltTable, HalfLives, TableStatus, Weights};
pub use restrict::restrict;
pub(crate) use session::{Parameters, instant, open, parameter};
