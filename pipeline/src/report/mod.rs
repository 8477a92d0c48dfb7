//! The leaders' report: metrics with their definitions, tables, a summary and notes.
//!
//! Computes it from the built tables with the queries in `pipeline/sql/report`. No report shows a figure about a small group,
//! and several reports together do not reveal one.

mod active_days;
mod compose;
mod crossing;
mod error;
mod figures;
mod group_counts;
mod hidden_cells;
mod item_tables;
mod memo;
mod metrics;
mod notes;
mod period;
mod period_rule;
mod retention;
mod session;
mod summary;
mod table_versions;
mod tables;
mod topic_rule;
mod unions;
mod uplift;
mod words;

pub use compose::{ReportOptions, report};
pub use error::ReportError;
pub use period::{Compare, ReportQuery, YEARS, whole_days};
pub use table_versions::table_versions;
