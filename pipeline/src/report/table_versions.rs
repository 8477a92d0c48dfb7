//! The versions of the tables that reports read.

use super::ReportError;
use super::columns::ReportTables;
use super::open_tables::OpenTables;
use crate::lake::Lake;

/// Returns the version of each table that reports read, -1 for a table that does not exist yet. As long as they are the same, a
/// report with the same query and options has the same figures.
///
/// # Errors
/// [`ReportError::Build`] before the first build; [`ReportError::Lake`] if a table cannot be read.
pub async fn table_versions(lake: &Lake, tables: &ReportTables) -> Result<Vec<i64>, ReportError> {
    Ok(OpenTables::open(lake, &tables.opened).await?.versions())
}
