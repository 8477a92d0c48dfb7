//! Read-only SQL over the lake: current rows of contract tables, raw tables and built tables.

mod catalogue;
mod compacted;
mod current;
mod local_times;
mod openid_owners;
mod other_moment;
mod plan_guard;
mod pushdown;
mod read_only;
mod result;
mod row_file;
mod runtime;
mod scan;
mod session;
mod spill_folder;

use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use zhihui_data::{Zone, nearest_name};

use crate::lake::LakeError;
use local_times::with_local_times;
use read_only::ReadOnly;

pub(crate) use compacted::compacted_before_sorts;
pub(crate) use current::{Versions, count_visible, rows_to_keep};
pub use current::{current_rows, raw_columns, stored_columns};
pub(crate) use openid_owners::{owners, owners_with};
pub use other_moment::Moment;
pub use plan_guard::PlanProblem;
pub(crate) use plan_guard::problem as plan_problem;
pub(crate) use pushdown::safe_pushdown_rules;
pub use result::QueryResult;
pub use row_file::{RowFormat, write_rows};
pub(crate) use runtime::{configuration, runtime};
#[cfg(test)]
pub(crate) use runtime::{disk_manager, memory_pool};
pub(crate) use scan::{LakeScan, STORE};
pub use session::{SessionLimits, session};
pub(crate) use session::{provider, session_over};
pub use spill_folder::SpillFolder;

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
    #[error("refused: {0}; only one SELECT, WITH, EXPLAIN, DESCRIBE or SHOW TABLES statement may be run")]
    Refused(String),
    /// The query exceeded its time limit.
    #[error("the query took longer than {} seconds and was stopped; restrict it, for example to one month", .0.as_secs())]
    Time(Duration),
    /// The rows need too much memory.
    #[error("the rows of the query take more than {} MB; select fewer columns or rows", MAX_RESULT_BYTES >> 20)]
    Size,
    /// The statement names a table that does not exist.
    #[error("there is no table {name:?}{}; the tables are: {known}", did_you_mean(.nearest.as_deref()))]
    UnknownTable {
        /// The name in the statement.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
        /// The names of all tables.
        known: String,
    },
    /// The query reads a built table of another moment than its own.
    #[error(
        "the built table {name} was made {}, not as of {}; run `zhihui build --as-of {}` first, or leave out --as-of",
        .moment.built_text(), .moment.as_of.to_rfc3339(), .moment.as_of.to_rfc3339()
    )]
    OtherMoment {
        /// The table.
        name: String,
        /// The moment of the session.
        moment: Moment,
    },
    /// The rows cannot be written to their file.
    #[error("the rows cannot be written: {0}")]
    Write(String),
    /// The statement is invalid, or needs too much memory.
    #[error("{}", without_qualifier(.0))]
    Query(#[source] Box<DataFusionError>),
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        if let DataFusionError::External(inner) = error.find_root()
            && let Some(Self::OtherMoment { name, moment }) = inner.downcast_ref()
        {
            return Self::OtherMoment { name: name.clone(), moment: *moment };
        }
        Self::Query(Box::new(error))
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default()
}

/// The catalog and schema of every table. Users do not write them in statements.
const QUALIFIER: &str = "datafusion.public.";

/// The message of an error with table names as in the statement.
fn without_qualifier(error: &DataFusionError) -> String {
    error.strip_backtrace().replace(QUALIFIER, "")
}

/// Runs one read-only statement. Instants are in UTC.
///
/// # Errors
/// [`SqlError::Refused`] for anything that is not a single SELECT, WITH, EXPLAIN, DESCRIBE or SHOW TABLES; [`SqlError::Time`]
/// and [`SqlError::Size`] beyond the limits.
pub async fn query(session: &SessionContext, sql: &str, limits: QueryLimits) -> Result<QueryResult, SqlError> {
    let (session, sql) = (session.clone(), sql.to_owned());
    within(limits.time, async move { run(&session, &sql, limits.rows, None).await }).await
}

/// Runs one read-only statement. Instants are local times with their offset.
///
/// # Errors
/// As [`query`].
pub async fn query_in_zone(
    session: &SessionContext,
    sql: &str,
    limits: QueryLimits,
    zone: Zone,
) -> Result<QueryResult, SqlError> {
    let (session, sql) = (session.clone(), sql.to_owned());
    within(limits.time, async move { run(&session, &sql, limits.rows, Some(zone)).await }).await
}

/// Runs work within a time limit.
async fn within<T: Send + 'static>(
    limit: Duration,
    work: impl Future<Output = Result<T, SqlError>> + Send + 'static,
) -> Result<T, SqlError> {
    // A separate task, because a query that computes without yielding would delay the timer.
    let mut task = tokio::spawn(work);
    match tokio::time::timeout(limit, &mut task).await {
        Ok(Ok(result)) => result,
        Ok(Err(failed)) => Err(SqlError::Query(Box::new(DataFusionError::ExecutionJoin(Box::new(failed))))),
        Err(_) => {
            task.abort();
            Err(SqlError::Time(limit))
        }
    }
}

/// Replaces the error of an unknown table with one that lists the existing tables.
fn unknown_table(session: &SessionContext, error: SqlError) -> SqlError {
    let text = error.to_string();
    let name = text.split_once("table '").and_then(|(_, rest)| rest.split_once("' not found")).map(|(name, _)| name);
    name.map_or(error, |name| no_table(session, name))
}

fn no_table(session: &SessionContext, name: &str) -> SqlError {
    let known = catalogue::table_names(session);
    let nearest = nearest_name(name, known.iter().map(String::as_str)).map(str::to_owned);
    SqlError::UnknownTable { name: name.to_owned(), nearest, known: known.join(", ") }
}

/// Starts a statement and returns its rows as they are computed.
async fn start(session: &SessionContext, sql: &str) -> Result<SendableRecordBatchStream, SqlError> {
    match read_only::plan(session, sql).await.map_err(|error| unknown_table(session, error))? {
        ReadOnly::Query(plan) => Ok(session.execute_logical_plan(plan).await?.execute_stream().await?),
        ReadOnly::ShowTables => Ok(catalogue::tables(session).await?),
        ReadOnly::Describe(name) => match catalogue::columns(session, &name).await? {
            Some(columns) => Ok(columns),
            None => Err(no_table(session, &name)),
        },
    }
}

async fn run(session: &SessionContext, sql: &str, rows: usize, zone: Option<Zone>) -> Result<QueryResult, SqlError> {
    let mut batches = start(session, sql).await?;
    let schema = batches.schema();
    let mut result = QueryResult::new(schema.fields().iter().map(|field| field.name().as_str()));
    let mut bytes = 0;
    while let Some(batch) = batches.try_next().await? {
        bytes += batch.get_array_memory_size();
        if bytes > MAX_RESULT_BYTES {
            return Err(SqlError::Size);
        }
        let batch = zone.map_or(Ok(batch.clone()), |zone| with_local_times(&batch, zone));
        result.append(&batch.map_err(DataFusionError::from)?, rows).map_err(DataFusionError::from)?;
        if result.truncated {
            break;
        }
    }
    Ok(result)
}
