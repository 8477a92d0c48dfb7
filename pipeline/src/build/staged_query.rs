//! Runs a query into new files of a built table. Later steps read them before the commit at the end of the build.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::dataframe::DataFrame;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use tokio::task::JoinSet;

use super::BuildError;
use super::execution::{Streams, execute};
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

/// Rows from which several writers write a table concurrently, one file each.
pub(super) const MIN_PARALLEL_ROWS: usize = 500_000;

/// Runs the query into files of `built/<table>`; `rows` is the estimated number of rows that the query reads.
pub(super) async fn run(
    lake: &Lake,
    frame: DataFrame,
    table: &str,
    rows: usize,
) -> Result<(LakeTable, Written), BuildError> {
    let lake_table = create(lake, &frame, table, &[], &[]).await?;
    let written = write(&lake_table, frame, table, &[], rows).await?;
    Ok((lake_table, written))
}

/// Opens or creates `built/<table>` with the columns of a query and of its partitions.
pub(super) async fn create(
    lake: &Lake,
    frame: &DataFrame,
    table: &str,
    partition: &[(&str, &str)],
    statistics: &[&str],
) -> Result<LakeTable, BuildError> {
    let spec = TableSpec {
        name: format!("built/{table}"),
        schema: stored_schema(frame.schema().as_arrow(), partition),
        partition_by: partition.iter().map(|(name, _)| (*name).to_owned()).collect(),
        statistics: statistics.iter().map(|&name| name.to_owned()).collect(),
    };
    Ok(lake.create_derived(&spec).await?)
}

/// Runs the query into files of a table that has its columns. Writes the values of `partition` into every row; `rows` is the
/// estimated number of rows that the query reads.
pub(super) async fn write(
    lake_table: &LakeTable,
    frame: DataFrame,
    table: &str,
    partition: &[(&str, &str)],
    rows: usize,
) -> Result<Written, BuildError> {
    let stored = stored_schema(frame.schema().as_arrow(), partition);
    if let Some(cluster) = Cluster::of(frame.task_ctx().session_config()) {
        let written = cluster.write(frame, lake_table, partition, rows >= MIN_PARALLEL_ROWS).await;
        return written.map_err(BuildError::query(table));
    }
    let streams = if rows < MIN_PARALLEL_ROWS { Streams::One } else { Streams::PerThread };
    execute(frame, table, streams, async |streams| write_streams(streams, lake_table, &stored, partition, table).await)
        .await
}

async fn write_streams(
    streams: Vec<SendableRecordBatchStream>,
    lake_table: &LakeTable,
    stored: &SchemaRef,
    partition: &[(&str, &str)],
    table: &str,
) -> Result<Written, BuildError> {
    let mut writers = JoinSet::new();
    for stream in streams {
        let (writer, stored, table) = (lake_table.writer(), Arc::clone(stored), table.to_owned());
        let partition: Vec<(String, String)> =
            partition.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        writers.spawn(async move { write_stream(stream, writer, &stored, &partition, &table).await });
    }
    let mut written = Written::default();
    while let Some(finished) = writers.join_next().await {
        let finished = finished.map_err(|error| BuildError::query(table)(DataFusionError::External(error.into())))?;
        match finished {
            Ok(files) => written.merge(files),
            Err(error) => {
                // The others release their memory before the query runs again.
                writers.shutdown().await;
                return Err(error);
            }
        }
    }
    Ok(written)
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
