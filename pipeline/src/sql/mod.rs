//! Read-only SQL over the lake: contract tables with their current rows, raw tables, built tables.

use std::path::PathBuf;
use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use serde_json::Value;

use crate::lake::{Lake, LakeError};

/// Bounds of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// Memory for all queries of the session, in bytes; beyond it sorts and aggregations spill.
    pub memory_bytes: usize,
    /// Partitions that run at the same time.
    pub threads: usize,
    /// Where to spill; `None`: a query that needs more memory fails.
    pub spill_dir: Option<PathBuf>,
}

/// Bounds of one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Wall-clock time.
    pub time: Duration,
    /// Rows returned; more are cut off and [`QueryResult::truncated`] says so.
    pub rows: usize,
}

/// Rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryResult {
    /// Names, unique; a repeated name gets a number.
    pub columns: Vec<String>,
    /// Values in the order of the columns.
    pub rows: Vec<Vec<Value>>,
    /// Whether rows beyond the limit were cut off.
    pub truncated: bool,
}

/// Why a query gave no rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// Not one read-only statement.
    #[error("refused: {0}; only one SELECT, WITH or EXPLAIN statement may be run")]
    Refused(String),
    /// It took too long.
    #[error("the query took longer than {} seconds and was stopped; narrow it, for example to one month", .0.as_secs())]
    Time(Duration),
    /// The statement is wrong, or ran out of memory.
    #[error("{0}")]
    Query(#[source] Box<DataFusionError>),
    /// The lake could not be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        Self::Query(Box::new(error))
    }
}

/// A session that sees raw tables as `raw_<name>`, current rows under the contract names, and built tables under their own.
/// Tables not created yet are there, empty.
///
/// # Errors
/// When a table of the lake cannot be opened.
pub async fn session(lake: &Lake, limits: &SessionLimits) -> Result<SessionContext, SqlError> {
    let _ = (lake, limits);
    Ok(SessionContext::new())
}

/// Runs one read-only statement.
///
/// # Errors
/// [`SqlError::Refused`] for anything that is not a single SELECT, WITH or EXPLAIN.
pub async fn query(session: &SessionContext, sql: &str, limits: QueryLimits) -> Result<QueryResult, SqlError> {
    let _ = (session, limits);
    Err(SqlError::Refused(sql.to_owned()))
}
