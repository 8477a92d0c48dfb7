//! Runs the queries of a build within the memory of their session.
//!
//! Joins by hashing keep one side in memory and do not spill. A query whose joins would keep too much, or that runs out of memory,
//! joins by sorting instead, which is slower and spills.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream, execute_stream_partitioned};
use futures::TryStreamExt;
use tokio::sync::RwLock;

use super::BuildError;
use crate::cluster::Cluster;
use crate::sql::{PlanProblem, compacted_before_sorts, plan_problem};

/// What the queries of one session know of each other.
#[derive(Debug, Default)]
pub(crate) struct QueryTurns {
    /// Held for reading by every query, for writing by one that runs alone.
    turn: RwLock<()>,
    /// The tables whose queries joined by sorting.
    sorted: Mutex<BTreeSet<String>>,
}

impl QueryTurns {
    fn record_sorted(&self, table: &str) {
        self.sorted.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned());
    }

    /// Whether the query of a table joined by sorting since this was last asked.
    pub(super) fn take_sorted(&self, table: &str) -> bool {
        self.sorted.lock().unwrap_or_else(PoisonError::into_inner).remove(table)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joins {
    Hashed,
    Sorted,
}

/// Whether a query gives all rows in one stream, or one stream for each of its threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Streams {
    One,
    PerThread,
}

/// Runs a query, in this process or on a cluster, and gives its rows to `consume`. If memory runs out, runs it once more when no other query runs, and joins by
/// sorting; `consume` then gets all rows again.
pub(super) async fn execute<T>(
    frame: DataFrame,
    table: &str,
    streams: Streams,
    consume: impl AsyncFn(Vec<SendableRecordBatchStream>) -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    if let Some(cluster) = Cluster::of(frame.task_ctx().session_config()) {
        let rows = cluster.rows(frame, table).await.map_err(BuildError::query(table))?;
        return consume(vec![rows]).await;
    }
    let (state, query) = frame.into_parts();
    let turns = state.config().get_extension::<QueryTurns>().unwrap_or_default();
    let attempt = async |joins| consume(start(&state, &query, table, joins, streams).await?).await;
    let first = {
        let _with_others = turns.turn.read().await;
        attempt(Joins::Hashed).await
    };
    if !matches!(&first, Err(error) if error.is_out_of_memory()) {
        return first;
    }
    let _alone = turns.turn.write().await;
    tracing::warn!(table, "the query ran out of memory; it runs again, alone, and joins by sorting");
    wait_for_memory(&state).await;
    turns.record_sorted(table);
    attempt(Joins::Sorted).await.map_err(|error| error.with_memory(memory_bytes(&state)))
}

/// Runs a query and returns its rows, which must be few.
pub(super) async fn collect(frame: DataFrame, table: &str) -> Result<Vec<RecordBatch>, BuildError> {
    execute(frame, table, Streams::One, async |streams| {
        let mut batches = Vec::new();
        for stream in streams {
            batches.extend(stream.try_collect::<Vec<_>>().await.map_err(BuildError::query(table))?);
        }
        Ok(batches)
    })
    .await
}

/// Plans a query and starts it.
async fn start(
    state: &SessionState,
    query: &LogicalPlan,
    table: &str,
    joins: Joins,
    streams: Streams,
) -> Result<Vec<SendableRecordBatchStream>, BuildError> {
    let plan = checked_plan(state, query, table, joins).await?;
    let context = task_context(state, &plan);
    match streams {
        Streams::One => execute_stream(plan, context).map(|stream| vec![stream]),
        Streams::PerThread => execute_stream_partitioned(plan, context),
    }
    .map_err(BuildError::query(table))
}

/// Minimum number of rows of a batch.
const MIN_BATCH_ROWS: usize = 64;
/// Memory of an operator for each row of a batch, in bytes. A sort needs a few batches, with rows of a hundred bytes and more.
const MEMORY_OF_BATCH_ROW: usize = 1 << 10;

/// The settings of a plan: so many rows in a batch, and so much kept for merging, that the operators of all partitions have room
/// for them at the same time.
fn task_context(state: &SessionState, plan: &Arc<dyn ExecutionPlan>) -> Arc<TaskContext> {
    let (sorts, spilling) = spilling_streams(plan);
    let share = memory_bytes(state) / spilling.max(1);
    let mut config = state.config().clone();
    let rows = (share / 2 / MEMORY_OF_BATCH_ROW).max(MIN_BATCH_ROWS).min(config.batch_size());
    let execution = &mut config.options_mut().execution;
    execution.sort_spill_reservation_bytes =
        execution.sort_spill_reservation_bytes.min(memory_bytes(state) / (4 * sorts.max(1)));
    // A sort makes one batch of so much before it sorts. It fails instead of spilling if its share is too small for that.
    execution.sort_in_place_threshold_bytes = execution.sort_in_place_threshold_bytes.min(share / 8);
    Arc::new(TaskContext::from(state).with_session_config(config.with_batch_size(rows)))
}

/// How many streams of a plan sort, and how many sort, aggregate or exchange rows.
fn spilling_streams(plan: &Arc<dyn ExecutionPlan>) -> (usize, usize) {
    let streams = plan.output_partitioning().partition_count();
    let sorts = if plan.is::<SortExec>() { streams } else { 0 };
    let others = if plan.is::<AggregateExec>() || plan.is::<RepartitionExec>() { streams } else { 0 };
    plan.children()
        .into_iter()
        .map(spilling_streams)
        .fold((sorts, sorts + others), |sum, (sorts, spilling)| (sum.0 + sorts, sum.1 + spilling))
}

/// Plans a query. Joins by sorting if a join by hashing would keep too much.
async fn checked_plan(
    state: &SessionState,
    query: &LogicalPlan,
    table: &str,
    joins: Joins,
) -> Result<Arc<dyn ExecutionPlan>, BuildError> {
    let (plan, problem) = plan_of(state, query, table).await?;
    match (joins, problem) {
        (Joins::Hashed, None) => return Ok(plan),
        (Joins::Hashed, Some(PlanProblem::NeedsMemory { needed, share })) => {
            tracing::info!(table, needed, share, "a join would keep too much in memory; the query joins by sorting");
            if let Some(turns) = state.config().get_extension::<QueryTurns>() {
                turns.record_sorted(table);
            }
        }
        (Joins::Hashed, Some(problem)) => return Err(BuildError::Plan { table: table.to_owned(), problem }),
        (Joins::Sorted, _) => {}
    }
    match plan_of(&joining_by_sorting(state), query, table).await? {
        (plan, None) => compacted_before_sorts(plan).map_err(BuildError::query(table)),
        (_, Some(problem)) => Err(BuildError::Plan { table: table.to_owned(), problem }),
    }
}

async fn plan_of(
    state: &SessionState,
    query: &LogicalPlan,
    table: &str,
) -> Result<(Arc<dyn ExecutionPlan>, Option<PlanProblem>), BuildError> {
    let plan = state.create_physical_plan(query).await.map_err(BuildError::query(table))?;
    let problem = plan_problem(&plan, memory_bytes(state)).map_err(BuildError::query(table))?;
    Ok((plan, problem))
}

/// Bounds of the number of partitions of a query that joins by sorting. With one, datafusion 55 joins by hashing whatever it is
/// told; each one more takes memory for its own sorts.
const SORTED_PARTITIONS: (usize, usize) = (2, 4);

fn joining_by_sorting(state: &SessionState) -> SessionState {
    let (least, most) = SORTED_PARTITIONS;
    let mut state = state.clone();
    let options = state.config_mut().options_mut();
    options.optimizer.prefer_hash_join = false;
    options.execution.target_partitions = options.execution.target_partitions.clamp(least, most);
    state
}

fn memory_bytes(state: &SessionState) -> usize {
    match state.runtime_env().memory_pool.memory_limit() {
        MemoryLimit::Finite(bytes) => bytes,
        MemoryLimit::Infinite | MemoryLimit::Unknown => usize::MAX,
    }
}

/// Waits until the tasks of a failed query have released their memory, but not for long.
async fn wait_for_memory(state: &SessionState) {
    const POLL_INTERVAL: Duration = Duration::from_millis(10);
    for _ in 0..100 {
        if state.runtime_env().memory_pool.reserved() == 0 {
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
