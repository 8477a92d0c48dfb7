//! Judges a plan before it runs: joins that would give wrong rows or need too much memory.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use datafusion::common::{JoinType, Result};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, StatisticsArgs, StatisticsContext};

/// A join keeps at most this part of the session's memory, because other joins of the query and other queries run at the same
/// time.
const SHARE_OF_JOIN: usize = 4;
/// Assumed rows of a group of an aggregation. If it has fewer, the join runs out of memory and the query runs again.
const ROWS_OF_GROUP: usize = 10;
/// Memory of a row in a hash table in addition to its values, in bytes.
const HASH_TABLE_BYTES: usize = 24;
/// Assumed memory of a text, in bytes: its view, and the characters of ids that are too long for it.
const TEXT_BYTES: usize = 32;
/// Assumed memory of a list or structure, in bytes.
const NESTED_BYTES: usize = 64;

/// Why a plan must not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// When such a join spills, datafusion 55 compares each part of the right side alone and repeats rows of the left side.
    #[error(
        "its {0} join compares every row with every row and would repeat rows if it spilled to disk; add an equality of \
         columns to the condition of the join, or exchange its sides"
    )]
    RepeatsRows(JoinType),
    /// A join by hashing does not spill.
    #[error(
        "a join would keep about {} MB in memory, of which its share is {} MB; give the program more memory, or write \
         `not exists` instead of `not in`", .needed >> 20, .share >> 20
    )]
    NeedsMemory {
        /// Estimated memory of the side that the join keeps, in bytes.
        needed: usize,
        /// The part of the session's memory that one join may use, in bytes.
        share: usize,
    },
}

/// Returns the problem of a plan that runs in `memory_bytes`, first one that cannot be solved by joining in another way.
pub(crate) fn problem(plan: &Arc<dyn ExecutionPlan>, memory_bytes: usize) -> Result<Option<PlanProblem>> {
    if let Some(kind) = repeating_join(plan) {
        return Ok(Some(PlanProblem::RepeatsRows(kind)));
    }
    let (needed, share) = (largest_hash_table(plan, &StatisticsContext::new())?, memory_bytes / SHARE_OF_JOIN);
    Ok((needed > share).then_some(PlanProblem::NeedsMemory { needed, share }))
}

fn repeating_join(plan: &Arc<dyn ExecutionPlan>) -> Option<JoinType> {
    if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        let kind = *join.join_type();
        let emits_left_rows =
            matches!(kind, JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark);
        if emits_left_rows && join.right().output_partitioning().partition_count() > 1 {
            return Some(kind);
        }
    }
    plan.children().into_iter().find_map(repeating_join)
}

/// Estimated memory of the largest side that a join by hashing keeps, in bytes.
fn largest_hash_table(plan: &Arc<dyn ExecutionPlan>, statistics: &StatisticsContext) -> Result<usize> {
    let mut largest = 0;
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        largest = rows(join.left(), statistics)?.saturating_mul(row_bytes(&join.left().schema()));
    }
    for child in plan.children() {
        largest = largest.max(largest_hash_table(child, statistics)?);
    }
    Ok(largest)
}

/// Estimated number of rows. Not that of datafusion, which takes every row of an aggregation's input for a group.
fn rows(plan: &Arc<dyn ExecutionPlan>, statistics: &StatisticsContext) -> Result<usize> {
    let children = plan.children();
    if children.is_empty() {
        let of_table = statistics.compute(plan.as_ref(), &StatisticsArgs::new())?;
        return Ok(of_table.num_rows.get_value().copied().unwrap_or_default());
    }
    let of_children = children.into_iter().map(|child| rows(child, statistics)).collect::<Result<Vec<_>>>()?;
    let all = of_children.iter().fold(0_usize, |sum, rows| sum.saturating_add(*rows));
    // The build joins many rows with one.
    let largest = of_children.into_iter().max().unwrap_or_default();
    Ok(match plan.downcast_ref::<AggregateExec>() {
        Some(aggregate) if aggregate.group_expr().expr().is_empty() => 1,
        Some(aggregate) if *aggregate.mode() != AggregateMode::Partial => largest.div_ceil(ROWS_OF_GROUP),
        _ if plan.is::<UnionExec>() => all,
        _ => largest,
    })
}

fn row_bytes(schema: &Schema) -> usize {
    schema.fields().iter().map(|field| value_bytes(field.data_type())).sum::<usize>() + HASH_TABLE_BYTES
}

fn value_bytes(kind: &DataType) -> usize {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => TEXT_BYTES,
        DataType::Dictionary(key, _) => value_bytes(key),
        DataType::Boolean | DataType::Null => 1,
        other => other.primitive_width().unwrap_or(NESTED_BYTES),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    async fn problem_of(sql: &str, memory_bytes: usize) -> Option<PlanProblem> {
        // Otherwise the optimizer would exchange the sides of a join of equal tables.
        let config =
            SessionConfig::new().with_target_partitions(2).set_bool("datafusion.optimizer.join_reordering", false);
        let session = SessionContext::new_with_config(config);
        for table in ["a", "b"] {
            let rows = "select value as id, cast(value as text) as name from generate_series(1, 100000)";
            let made = session.sql(&format!("create table {table} as {rows}")).await.expect("planned");
            made.collect().await.expect("made");
        }
        let plan = session.sql(sql).await.expect("planned").create_physical_plan().await.expect("planned");
        problem(&plan, memory_bytes).expect("judged")
    }

    #[tokio::test]
    async fn joins_that_may_repeat_rows_are_refused() {
        let kinds = [
            ("select * from a left join b on a.id < b.id", JoinType::Left),
            ("select * from a left semi join b on a.id < b.id", JoinType::LeftSemi),
            ("select * from a left anti join b on a.id < b.id", JoinType::LeftAnti),
        ];
        for (sql, kind) in kinds {
            assert_eq!(problem_of(sql, 1 << 30).await, Some(PlanProblem::RepeatsRows(kind)), "{sql}");
        }
        for sql in ["select * from a join b on a.id < b.id", "select * from a left join b on a.id = b.id"] {
            assert_eq!(problem_of(sql, 1 << 30).await, None, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_join_keeps_at_most_a_quarter_of_the_memory() {
        let sql = "select * from a join b on a.id = b.id";
        // 100,000 rows of a number, a short text and a place in the hash table: 6.4 MB.
        assert_eq!(problem_of(sql, 32 << 20).await, None);
        let needed = 100_000 * (8 + TEXT_BYTES + HASH_TABLE_BYTES);
        let found = problem_of(sql, 16 << 20).await;
        assert_eq!(found, Some(PlanProblem::NeedsMemory { needed, share: 4 << 20 }));
        let of_groups = "select * from (select name, max(id) from a group by name) as a join b on a.name = b.name";
        assert_eq!(problem_of(of_groups, 16 << 20).await, None, "ten times fewer groups than rows");
        assert!(found.is_some_and(|problem| problem.to_string().contains("about 6 MB")));
    }
}
