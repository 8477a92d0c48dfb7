//! The leaders' report: metrics with their definitions, tables, a summary and notes.
//!
//! Computes it from the built tables with the queries in `pipeline/sql/report`. No report shows a figure about a small group,
//! and several reports together do not reveal one.

mod account;
mod columns;
mod comments;
mod compose;
mod counting;
mod crossing;
mod day_pairs;
mod error;
mod figures;
mod group_counts;
mod group_hierarchy;
mod hidden_cells;
mod item_tables;
mod memo;
mod metric_people;
mod metrics;
mod notes;
mod open_tables;
mod period;
mod period_rule;
mod raw_tables;
mod retention;
mod sections;
mod session;
mod small_cut;
mod sql_session;
mod summary;
mod table_versions;
mod tables;
mod topic_rule;
mod unions;
mod uplift;
mod words;

pub use account::SentArticle;
pub use columns::ReportTables;
pub use comments::{Comment, comments};
pub use compose::{ReportOptions, ReportSources, report, report_from};
pub use error::ReportError;
pub use period::{Compare, ReportQuery, YEARS, whole_days};
pub use table_versions::table_versions;
