//! Copies rows out of large arrays before a query sorts them.
//!
//! Aggregations and windows return slices of one array for each column. A sort counts the whole array for every slice, so it fails
//! for want of memory that is not used, however few rows a batch has.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, GenericListArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::spill::get_record_batch_memory_size;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{TryStreamExt, stream};

/// Adds a step before each sort of the plan that copies rows out of arrays of which they are a small part.
pub(crate) fn compacted_before_sorts(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|plan| {
        let Some(sort) = plan.downcast_ref::<SortExec>() else { return Ok(Transformed::no(plan)) };
        let input = Arc::new(Compacted { input: Arc::clone(sort.input()) });
        Ok(Transformed::yes(
            plan.replace_children(vec![input], ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))?,
        ))
    })
    .data()
}

/// Returns the rows of `input`, none of which keeps the memory of others alive.
#[derive(Debug)]
struct Compacted {
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for Compacted {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compacted")
    }
}

impl ExecutionPlan for Compacted {
    fn name(&self) -> &'static str {
        "Compacted"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().ok_or_else(|| internal_datafusion_err!("Compacted has one input"))?;
        Ok(Arc::new(Self { input }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let most_rows = context.session_config().batch_size();
        let rows = self.input.execute(partition, context)?;
        let schema = rows.schema();
        let parts = rows.map_ok(move |batch| stream::iter(parts(batch, most_rows))).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, parts)))
    }
}

/// The rows of a batch in batches of at most `most_rows`. A sort counts the arrays of a larger batch once for each part of its result.
fn parts(batch: RecordBatch, most_rows: usize) -> impl Iterator<Item = Result<RecordBatch>> {
    let starts = (0..batch.num_rows()).step_by(most_rows.max(1));
    starts.map(move |start| compacted(batch.slice(start, most_rows.min(batch.num_rows() - start))))
}

/// Copies the rows if the arrays of the batch have more than twice their memory.
fn compacted(batch: RecordBatch) -> Result<RecordBatch> {
    let mut of_rows = 0;
    for column in batch.columns() {
        of_rows += column.to_data().get_slice_memory_size()?;
    }
    if get_record_batch_memory_size(&batch) <= 2 * of_rows {
        return Ok(batch);
    }
    let columns = batch.columns().iter().map(copied).collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// A copy of the values, without the characters of other values.
fn copied(values: &ArrayRef) -> Result<ArrayRef> {
    let rows = UInt32Array::from_iter_values((0..values.len()).map(|row| row as u32));
    let values = take(values, &rows, None)?;
    Ok(match values.data_type() {
        DataType::Utf8View => Arc::new(values.as_string_view().gc()),
        DataType::BinaryView => Arc::new(values.as_binary_view().gc()),
        DataType::List(field) => {
            let lists = values.as_list::<i32>();
            let items = copied(lists.values())?;
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            Arc::new(GenericListArray::try_new(Arc::clone(field), offsets, items, nulls)?)
        }
        _ => values,
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, ListBuilder, StringViewArray, StringViewBuilder};

    use super::*;

    #[test]
    fn a_few_rows_of_many_have_little_memory_and_the_same_values() {
        let texts = (0..10_000).map(|row| (row % 7 > 0).then(|| format!("member with a long name {row}")));
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        for row in 0..10_000 {
            lists.append_option((row % 5 > 0).then(|| vec![Some(format!("a topic with a long name {row}")), None]));
        }
        let columns: [(&str, ArrayRef); 3] = [
            ("number", Arc::new(Int64Array::from_iter_values(0..10_000))),
            ("text", Arc::new(texts.collect::<StringViewArray>())),
            ("list", Arc::new(lists.finish())),
        ];
        let rows = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, values)| (name, values, true)));
        let rows = rows.expect("rows");
        let few = rows.slice(5_000, 100);
        let copies = parts(rows, 100).collect::<Result<Vec<_>>>().expect("copies");
        let copy = &copies[50];
        assert_eq!((copies.len(), copy), (100, &few));
        let (large, small) = (get_record_batch_memory_size(&few), get_record_batch_memory_size(copy));
        assert!(small < 100 * 200 && large > 500_000, "{small} of {large} bytes");
    }
}
