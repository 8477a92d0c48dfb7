//! The leaders' report: figures with what each means, tables, and a summary made from the numbers.
//!
//! It is computed from the built tables by the queries in `pipeline/sql/report`. Nothing about fewer than ten people leaves
//! this module.

mod compose;
mod error;
mod figures;
mod measures;
mod period;
mod summary;
mod suppress;
mod tables;
mod uplift;
mod view;

pub use compose::{ReportOptions, report};
pub use error::ReportError;
pub use period::{Compare, ReportQuery};
