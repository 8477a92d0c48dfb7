//! Some files of a lake table as a table of SQL: committed ones, and ones just written that nobody else sees yet.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{StreamExt, TryStreamExt, stream};

use crate::lake::{DataFile, LakeTable};

/// The files to read; each scan reads only the columns that it needs.
#[derive(Debug)]
pub(crate) struct FilesTable {
    table: LakeTable,
    files: Vec<DataFile>,
}

impl FilesTable {
    pub(crate) fn new(table: LakeTable, files: Vec<DataFile>) -> Self {
        Self { table, files }
    }
}

#[async_trait]
impl TableProvider for FilesTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let whole = self.table.schema();
        let schema = match projection {
            Some(columns) => Arc::new(whole.project(columns)?),
            None => whole,
        };
        let n_parts = session.config().target_partitions().clamp(1, self.files.len().max(1));
        let mut parts = vec![Vec::new(); n_parts];
        let mut by_size = self.files.clone();
        by_size.sort_by_key(|file| std::cmp::Reverse(file.rows));
        for file in by_size {
            let rows_in = |part: &Vec<DataFile>| part.iter().map(|file| file.rows).sum::<usize>();
            if let Some(lightest) = parts.iter_mut().min_by_key(|part| rows_in(part)) {
                lightest.push(file);
            }
        }
        let part = |files| -> Arc<dyn PartitionStream> {
            Arc::new(FilesPart { table: self.table.clone(), files, schema: Arc::clone(&schema) })
        };
        let parts = parts.into_iter().map(part).collect();
        Ok(Arc::new(StreamingTableExec::try_new(Arc::clone(&schema), parts, None, None, false, limit)?))
    }
}

#[derive(Debug)]
struct FilesPart {
    table: LakeTable,
    files: Vec<DataFile>,
    schema: SchemaRef,
}

impl PartitionStream for FilesPart {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        if schema.fields().is_empty() {
            let rows = self.files.iter().map(|file| file.rows).sum();
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), Vec::new(), &options);
            let batches = stream::iter([batch.map_err(DataFusionError::from)]);
            return Box::pin(RecordBatchStreamAdapter::new(schema, batches));
        }
        let (table, files) = (self.table.clone(), self.files.clone());
        let wanted = Arc::clone(&schema);
        let batches = stream::once(async move {
            let columns: Vec<&str> = wanted.fields().iter().map(|field| field.name().as_str()).collect();
            let batches = table.read(&files, &columns).await.map_err(external)?;
            let wanted = Arc::clone(&wanted);
            Ok::<_, DataFusionError>(batches.map(move |batch| conform(&batch.map_err(external)?, &wanted)))
        })
        .try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }
}

fn external(error: crate::lake::LakeError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The batch with its columns in the order and form that the plan expects.
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let column = batch.column_by_name(field.name()).ok_or_else(|| {
            DataFusionError::Execution(format!("column {} is missing from a data file", field.name()))
        })?;
        columns.push(if column.data_type() == field.data_type() {
            Arc::clone(column)
        } else {
            arrow::compute::cast(column, field.data_type())?
        });
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
