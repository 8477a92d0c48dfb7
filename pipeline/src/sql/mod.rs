//! Read-only SQL over the lake: contract tables with their current rows, raw tables, built tables.

mod current;
mod guard;
mod owners;
mod pushdown;
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
pub(crate) use owners::{owners, owners_with};
pub(crate) use pushdown::careful_rules;
pub use result::QueryResult;
pub(crate) use scan::{LakeScan, STORE};
pub use session::{SessionLimits, session};
pub(crate) use session::{over, provider};

/// Bytes of one query's rows in memory, whatever the row limit.
const RESULT_BYTES: usize = 256 << 20;

/// Bounds of one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Wall-clock time.
    pub time: Duration,
    /// Rows returned; more are cut off and [`QueryResult::truncated`] says so.
    pub rows: usize,
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
    /// Its rows are too large.
    #[error("the rows of the query take more than {} MB; select fewer columns or rows", RESULT_BYTES >> 20)]
    Size,
    /// It names a table that is not there.
    #[error("there is no table {name:?}; there are: {known}")]
    UnknownTable {
        /// The name in the statement.
        name: String,
        /// Names of the tables there are.
        known: String,
    },
    /// The statement is wrong, or ran out of memory.
    #[error("{}", plain(.0))]
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

/// The catalog and schema that every table is in; nobody writes them in a statement.
const QUALIFIER: &str = "datafusion.public.";

/// An error of the query engine in the words of the statement.
fn plain(error: &DataFusionError) -> String {
    error.strip_backtrace().replace(QUALIFIER, "")
}

/// Runs one read-only statement.
///
/// # Errors
/// [`SqlError::Refused`] for anything that is not a single SELECT, WITH or EXPLAIN; [`SqlError::Time`] and
/// [`SqlError::Size`] beyond the limits.
pub async fn query(session: &SessionContext, sql: &str, limits: QueryLimits) -> Result<QueryResult, SqlError> {
    // On a task of its own: a query that computes for long without a pause must not keep the timer from being looked at.
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

/// Names the tables there are where a statement asks for another one.
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
    let plan = guard::plan(session, sql).await.map_err(|error| unknown_table(session, error))?;
    let mut batches = session.execute_logical_plan(plan).await?.execute_stream().await?;
    let schema = batches.schema();
    let mut result = QueryResult::new(schema.fields().iter().map(|field| field.name().as_str()));
    let mut bytes = 0;
    while let Some(batch) = batches.try_next().await? {
        bytes += batch.get_array_memory_size();
        if bytes > RESULT_BYTES {
            return Err(SqlError::Size);
        }
        result.append(&batch, rows).map_err(DataFusionError::from)?;
        if result.truncated {
            break;
        }
    }
    Ok(result)
}
