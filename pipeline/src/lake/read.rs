//! Reads rows from a table's data files.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;

use super::source::StoredParquet;
use super::{DataFile, LakeError, LakeTable};

/// Maximum number of rows in a batch.
const BATCH_ROWS: usize = 8192;

impl LakeTable {
    /// Streams the rows of `files`, in that order, with `columns`, in that order. Without columns, returns all.
    ///
    /// # Errors
    /// If the table has no such column. The stream returns [`LakeError::DataFile`] if a file cannot be read.
    pub async fn read(
        &self,
        files: &[DataFile],
        columns: &[&str],
    ) -> Result<impl Stream<Item = Result<RecordBatch, LakeError>> + Send + use<>, LakeError> {
        let schema = if columns.is_empty() { self.schema() } else { Arc::new(self.projected(columns)?) };
        let table = self.clone();
        let files = futures::stream::iter(files.to_vec());
        Ok(files.then(move |file| open(table.clone(), file, Arc::clone(&schema))).try_flatten())
    }

    fn projected(&self, columns: &[&str]) -> Result<Schema, LakeError> {
        let schema = self.schema();
        let field = |name: &&str| {
            schema.field_with_name(name).cloned().map_err(|_| LakeError::Rows {
                table: self.name().to_owned(),
                detail: format!("there is no column {name}"),
            })
        };
        Ok(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>, _>>()?))
    }
}

async fn open(
    table: LakeTable,
    file: DataFile,
    schema: SchemaRef,
) -> Result<impl Stream<Item = Result<RecordBatch, LakeError>> + Send, LakeError> {
    let name = table.name().to_owned();
    let unreadable = {
        let path = file.path.clone();
        move |why: String| LakeError::DataFile { table: name.clone(), file: path.clone(), why }
    };
    let path = Path::from(format!("{}/{}", table.name(), file.path));
    let reader = StoredParquet::new(table.lake.store(), path, file.bytes);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|error| unreadable(error.to_string()))?;
    let stored = schema.fields().iter().map(|field| field.name().as_str());
    let stored = stored.filter(|name| !file.partition.contains_key(*name));
    let mask = ProjectionMask::columns(builder.parquet_schema(), stored);
    let batches = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
    let batches = batches.map_err(|error| unreadable(error.to_string()))?;
    Ok(batches.map(move |batch| {
        let batch = batch.map_err(|error| unreadable(error.to_string()))?;
        let constants = file.partition.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fit(&batch, &schema, &constants).map_err(|error| unreadable(error.to_string()))
    }))
}

/// Converts a batch to a schema: finds columns by name, casts other types, fills partition columns with `constants` and missing
/// columns with nulls.
pub(super) fn fit(
    batch: &RecordBatch,
    schema: &SchemaRef,
    constants: &HashMap<&str, &str>,
) -> Result<RecordBatch, ArrowError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let rows = batch.num_rows();
    let column = |field: &Arc<arrow::datatypes::Field>| -> Result<ArrayRef, ArrowError> {
        let found: ArrayRef = match (constants.get(field.name().as_str()), batch.column_by_name(field.name())) {
            (Some(value), _) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows))),
            (None, Some(found)) => Arc::clone(found),
            (None, None) => return Ok(new_null_array(field.data_type(), rows)),
        };
        if found.data_type() == field.data_type() {
            return Ok(found);
        }
        cast_with_options(&found, field.data_type(), &strict)
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new_with_options(
        Arc::clone(schema),
        columns,
        &RecordBatchOptions::new().with_row_count(Some(rows)),
    )
}
