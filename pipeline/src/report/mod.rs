//! The leaders' report, computed from the built tables by the queries in `pipeline/sql/report`: figures with what each means,
//! tables, and a summary made from the numbers. Nothing about fewer than ten people leaves this module.

mod definitions;
mod error;
mod figures;
mod measures;
mod period;
mod report;
mod summary;
mod suppress;
mod tables;
mod uplift;
mod view;

pub use error::ReportError;
pub use period::{Compare, ReportQuery};
pub use report::{ReportOptions, report};
