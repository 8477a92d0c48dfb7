//! The leaders' report: figures with what each means, tables, and a summary made from the numbers.
//!
//! It is computed from the built tables by the queries in `pipeline/sql/report`. No figure about a small group leaves this
//! module, and none can be worked out from several reports.

mod compose;
mod crossing;
mod error;
mod figures;
mod lattice;
mod measures;
mod notes;
mod period;
mod summary;
mod suppress;
mod tables;
mod unions;
mod uplift;
mod view;

pub use compose::{ReportOptions, report};
pub use error::ReportError;
pub use period::{Compare, ReportQuery, YEARS, whole_days};
