//! Read-only SQL over the lake: current rows of contract tables, raw tables and built tables.

mod current;
mod openid_owners;
mod pushdown;
mod read_only;
mod result;
mod scan;
mod session;

use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use crate::lake::LakeError;

pub(crate) use current::{Versions, count_visible, rows_to_keep};
pub use current::{current_rows, raw_columns, stored_columns};
pub(crate) use openid_owners::{owners, owners_with};
pub(crate) use pushdown::safe_pushdown_rules;
pub use result::QueryResult;
pub(crate) use scan::{LakeScan, STORE};
pub use session::{SessionLimits, session};
pub(crate) use session::{provider, session_over};

/// Maximum size of one query's rows in memory.
const MAX_RESULT_BYTES: usize = 256 << 20;

/// Bounds of one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Maximum wall-clock time.
    pub time: Duration,
    /// Maximum number of rows. [`QueryResult::truncated`] tells whether there were more.
    pub rows: usize,
}

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The text is not a single read-only statement.
    #[error("refused: {0}; only one SELECT, WITH or EXPLAIN statement may be run")]
    Refused(String),
    /// The query exceeded its time limit.
    #[error("the query took longer than {} seconds and was stopped; restrict it, for example to one month", .0.as_secs())]
    Time(Duration),
    /// The rows need too much memory.
    #[error("the rows of the query take more than {} MB; select fewer columns or rows", MAX_RESULT_BYTES >> 20)]
    Size,
    /// The statement names a table that does not exist.
    #[error("there is no table {name:?}; the tables are: {known}")]
    UnknownTable {
        /// The name in the statement.
        name: String,
        /// The names of all tables.
        known: String,
    },
    /// The statement is invalid, or needs too much memory.
    #[error("{}", without_qualifier(.0))]
    Query(#[source] Box<DataFusionError>),
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        Self::Query(Box::new(error))
    }
}

/// The catalog and schema of every table. Users do not write them in statements.
const QUALIFIER: &str = "datafusion.public.";

/// The message of an error with table names as in the statement.
fn without_qualifier(error: &DataFusionError) -> String {
    error.strip_backtrace().replace(QUALIFIER, "")
}

/// Runs one read-only statement.
///
/// # Errors
/// [`SqlError::Refused`] for anything that is not a single SELECT, WITH or EXPLAIN; [`SqlError::Time`] and
/// [`SqlError::Size`] beyond the limits.
pub async fn query(session: &SessionContext, sql: &str, limits: QueryLimits) -> Result<QueryResult, SqlError> {
    // A separate task, because a query that computes without yielding would delay the timer.
    let (session, sql) = (session.clone(), sql.to_owned());
    let mut task = tokio::spawn(async move { run(&session, &sql, limits.rows).await });
    match tokio::time::timeout(limits.time, &mut task).await {
        Ok(Ok(result)) => result,
        Ok(Err(failed)) => Err(SqlError::Query(Box::new(DataFusionError::ExecutionJoin(Box::new(failed))))),
        Err(_) => {
            task.abort();
            Err(SqlError::Time(limits.time))
        }
    }
}

/// Replaces the error of an unknown table with one that lists the existing tables.
fn unknown_table(session: &SessionContext, error: SqlError) -> SqlError {
    let text = error.to_string();
    let name = text.split_once("table '").and_then(|(_, rest)| rest.split_once("' not found")).map(|(name, _)| name);
    let schema = session.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
    let (Some(name), Some(schema)) = (name, schema) else { return error };
    let mut known = schema.table_names();
    known.sort();
    SqlError::UnknownTable { name: name.to_owned(), known: known.join(", ") }
}

async fn run(session: &SessionContext, sql: &str, rows: usize) -> Result<QueryResult, SqlError> {
    let plan = read_only::plan(session, sql).await.map_err(|error| unknown_table(session, error))?;
    let mut batches = session.execute_logical_plan(plan).await?.execute_stream().await?;
    let schema = batches.schema();
    let mut result = QueryResult::new(schema.fields().iter().map(|field| field.name().as_str()));
    let mut bytes = 0;
    while let Some(batch) = batches.try_next().await? {
        bytes += batch.get_array_memory_size();
        if bytes > MAX_RESULT_BYTES {
            return Err(SqlError::Size);
        }
        result.append(&batch, rows).map_err(DataFusionError::from)?;
        if result.truncated {
            break;
        }
    }
    Ok(result)
}
