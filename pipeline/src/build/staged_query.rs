//! Runs a query into new files of a built table. Later steps read them before the commit at the end of the build.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::DataFusionError;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use tokio::task::JoinSet;

use super::BuildError;
use super::session::Parameters;
use crate::cluster::Cluster;
use crate::lake::raw::instant_type;
use crate::lake::{CommitMode, Lake, LakeTable, TableSpec, TableWriter, Written};

/// New files of a built table, not yet committed.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) table: LakeTable,
    pub(super) written: Written,
    pub(super) mode: CommitMode,
}

/// Plans a query with its parameters bound.
pub(super) async fn plan(
    session: &SessionContext,
    sql: &str,
    parameters: &Parameters,
    table: &str,
) -> Result<DataFrame, BuildError> {
    let frame = session.sql(sql).await.map_err(BuildError::query(table))?;
    frame.with_param_values(parameters.clone()).map_err(BuildError::query(table))
}

/// Runs a query where the session runs its queries: in this process, or on a cluster.
pub(super) async fn rows(frame: DataFrame, table: &str) -> Result<SendableRecordBatchStream, BuildError> {
    let rows = match Cluster::of(frame.task_ctx().session_config()) {
        Some(cluster) => cluster.rows(frame, table).await,
        None => frame.execute_stream().await,
    };
    rows.map_err(BuildError::query(table))
}

/// Runs a query as [`rows`] does and returns all rows.
pub(super) async fn collect(frame: DataFrame, table: &str) -> Result<Vec<RecordBatch>, BuildError> {
    rows(frame, table).await?.try_collect().await.map_err(BuildError::query(table))
}

/// Runs a query and returns its rows as a table that later queries of the build can read: in memory, or in files for the machines
/// of a cluster.
pub(super) async fn keep(frame: DataFrame, table: &str) -> Result<Arc<dyn TableProvider>, BuildError> {
    if let Some(cluster) = Cluster::of(frame.task_ctx().session_config()) {
        return Ok(Arc::new(cluster.keep(frame, table).await.map_err(BuildError::query(table))?));
    }
    let schema = Arc::clone(frame.schema().inner());
    let batches = frame.collect().await.map_err(BuildError::query(table))?;
    let schema = batches.first().map_or(schema, |batch| batch.schema());
    Ok(Arc::new(MemTable::try_new(schema, vec![batches]).map_err(BuildError::query(table))?))
}

/// Rows from which several writers write a table concurrently, one file each.
const MIN_PARALLEL_ROWS: usize = 500_000;

/// Runs the query into files of `built/<table>`. Writes the values of `partition` into every row; `rows` is the estimated number
/// of rows that the query reads.
pub(super) async fn run(
    lake: &Lake,
    frame: DataFrame,
    table: &str,
    partition: &[(&str, &str)],
    statistics: &[&str],
    rows: usize,
) -> Result<(LakeTable, Written), BuildError> {
    let stored = stored_schema(frame.schema().as_arrow(), partition);
    let spec = TableSpec {
        name: format!("built/{table}"),
        schema: Arc::clone(&stored),
        partition_by: partition.iter().map(|(name, _)| (*name).to_owned()).collect(),
        statistics: statistics.iter().map(|&name| name.to_owned()).collect(),
    };
    let lake_table = lake.create_derived(&spec).await?;
    let query_error = BuildError::query(table);
    if let Some(cluster) = Cluster::of(frame.task_ctx().session_config()) {
        let in_parallel = rows >= MIN_PARALLEL_ROWS;
        let written = cluster.write(frame, &lake_table, partition, in_parallel).await.map_err(query_error)?;
        return Ok((lake_table, written));
    }
    let streams = if rows < MIN_PARALLEL_ROWS {
        vec![frame.execute_stream().await.map_err(query_error)?]
    } else {
        frame.execute_stream_partitioned().await.map_err(query_error)?
    };
    let mut writers = JoinSet::new();
    for stream in streams {
        let (writer, stored, table) = (lake_table.writer(), Arc::clone(&stored), table.to_owned());
        let partition: Vec<(String, String)> =
            partition.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        writers.spawn(async move { write_stream(stream, writer, &stored, &partition, &table).await });
    }
    let mut written = Written::default();
    while let Some(finished) = writers.join_next().await {
        let finished = finished.map_err(|error| BuildError::query(table)(DataFusionError::External(error.into())))?;
        written.merge(finished?);
    }
    Ok((lake_table, written))
}

async fn write_stream(
    mut batches: SendableRecordBatchStream,
    mut writer: TableWriter,
    stored: &SchemaRef,
    partition: &[(String, String)],
    table: &str,
) -> Result<Written, BuildError> {
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(BuildError::query(table))?;
        let batch = to_stored(&batch, stored, partition).map_err(|error| BuildError::query(table)(error.into()))?;
        writer.write(&batch).await?;
    }
    Ok(writer.finish().await?)
}

/// The columns of the query in the types of the lake, then the partition columns.
fn stored_schema(query: &Schema, partition: &[(&str, &str)]) -> SchemaRef {
    let columns = query.fields().iter().map(|field| Field::new(field.name(), stored_type(field.data_type()), true));
    let partition = partition.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true));
    Arc::new(Schema::new(columns.chain(partition).collect::<Vec<_>>()))
}

fn stored_type(query_type: &DataType) -> DataType {
    match query_type {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
        DataType::Timestamp(_, Some(_)) => instant_type(),
        DataType::UInt64 | DataType::UInt32 | DataType::Int32 => DataType::Int64,
        DataType::List(field) => DataType::List(Arc::new(Field::new("element", stored_type(field.data_type()), true))),
        other => other.clone(),
    }
}

fn to_stored(
    batch: &RecordBatch,
    schema: &SchemaRef,
    partition: &[(String, String)],
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let pairs = batch.columns().iter().zip(schema.fields());
    let mut columns: Vec<ArrayRef> =
        pairs.map(|(column, field)| arrow::compute::cast(column, field.data_type())).collect::<Result<_, _>>()?;
    for (_, value) in partition {
        columns.push(Arc::new(StringArray::from(vec![value.as_str(); batch.num_rows()])));
    }
    RecordBatch::try_new(Arc::clone(schema), columns)
}
