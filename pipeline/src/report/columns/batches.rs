//! Reads columns of a table, batch by batch, as typed values.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use futures::{StreamExt, pin_mut};

use crate::lake::raw::instant_type;
use crate::lake::{DataFile, LakeTable};
use crate::report::ReportError;

/// Reads columns of files, in their order.
pub(super) async fn each_batch(
    table: &LakeTable,
    files: &[DataFile],
    columns: &[&str],
    mut visit: impl FnMut(&Batch) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let batches = table.read(files, columns).await?;
    pin_mut!(batches);
    while let Some(batch) = batches.next().await {
        visit(&Batch(batch?))?;
    }
    Ok(())
}

/// Some rows of a table.
pub(super) struct Batch(RecordBatch);

impl From<RecordBatch> for Batch {
    fn from(rows: RecordBatch) -> Self {
        Self(rows)
    }
}

impl Batch {
    pub(super) fn rows(&self) -> usize {
        self.0.num_rows()
    }

    fn column(&self, name: &'static str, to: &DataType) -> Result<ArrayRef, ReportError> {
        let missing = || DataFusionError::Internal(format!("there is no column {name}"));
        let column = self.0.column_by_name(name).ok_or_else(missing).map_err(ReportError::query("columns"))?;
        cast(column, to).map_err(|error| ReportError::query("columns")(error.into()))
    }

    pub(super) fn texts(&self, name: &'static str) -> Result<StringArray, ReportError> {
        Ok(self.column(name, &DataType::Utf8)?.as_string::<i32>().clone())
    }

    pub(super) fn flags(&self, name: &'static str) -> Result<BooleanArray, ReportError> {
        Ok(self.column(name, &DataType::Boolean)?.as_boolean().clone())
    }

    pub(super) fn numbers(&self, name: &'static str) -> Result<Float64Array, ReportError> {
        Ok(self.column(name, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
    }

    pub(super) fn integers(&self, name: &'static str) -> Result<Int64Array, ReportError> {
        Ok(self.column(name, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
    }

    /// Instants in microseconds since 1970.
    pub(super) fn instants(&self, name: &'static str) -> Result<Vec<Option<i64>>, ReportError> {
        let column = self.column(name, &instant_type())?;
        Ok(column.as_primitive::<TimestampMicrosecondType>().iter().collect())
    }
}

/// The text of a row, if it is there.
pub(super) fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}
