//! The versions of the tables that reports read.

use futures::future::try_join_all;
use zhihui_data::Table;

use super::ReportError;
use super::session::{TABLES, built};
use crate::lake::Lake;
use crate::lake::raw::raw_name;

/// Tables besides those of every session.
const OTHER_TABLES: [&str; 2] = ["member_days", "union_activity"];

/// Returns the version of each table that reports read, -1 for a table that does not exist yet. As long as they are the same, a
/// report with the same query and options has the same figures.
///
/// # Errors
/// [`ReportError::Build`] before the first build; [`ReportError::Lake`] if a table cannot be read.
pub async fn table_versions(lake: &Lake) -> Result<Vec<i64>, ReportError> {
    let version = async |name: &&str| built(lake, name).await.map(|table| table.version());
    let mut versions = try_join_all(TABLES.iter().chain(&OTHER_TABLES).map(version)).await?;
    for raw in [Table::Feedback, Table::AccountStatistics] {
        let table = lake.table(&raw_name(raw)).await?;
        versions.push(table.map_or(-1, |table| table.version()));
    }
    Ok(versions)
}
