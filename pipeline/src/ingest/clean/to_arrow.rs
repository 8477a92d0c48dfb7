//! Converts polars frames to Arrow batches by way of the IPC format, and casts them to the table's stored types.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use arrow::ipc::reader::FileReader;
use arrow::record_batch::RecordBatch;
use polars::prelude::{CompatLevel, DataFrame, IpcWriter, SerWriter};
use zhihui_data::Table;

use super::super::error::FileError;
use crate::lake::raw;

/// Converts a frame to batches with the table's stored types. An empty frame yields no batch.
pub(super) fn to_arrow(mut frame: DataFrame, table: Table) -> Result<Vec<RecordBatch>, FileError> {
    if frame.height() == 0 {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(frame.estimated_size() + (4 << 10));
    IpcWriter::new(&mut bytes).with_compat_level(CompatLevel::oldest()).with_parallel(false).finish(&mut frame)?;
    drop(frame);
    let batches = FileReader::try_new(Cursor::new(bytes), None)?;
    batches.map(|batch| to_stored_types(&batch?, table)).collect()
}

fn to_stored_types(batch: &RecordBatch, table: Table) -> Result<RecordBatch, FileError> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if field.name() == raw::COLUMNS {
            fields.push(Field::new(raw::COLUMNS, DataType::Int64, true));
            columns.push(cast(column, &DataType::Int64)?);
        }
        let Some(contract) = table.column(field.name()) else { continue };
        let stored_type = raw::arrow_type(contract.kind);
        let column = match (column.data_type(), &stored_type) {
            // Copies the values, so that the batch does not keep the whole IPC buffer alive.
            (DataType::Int64, DataType::Timestamp(_, Some(zone))) => {
                let times = column.as_primitive::<Int64Type>().unary::<_, TimestampMicrosecondType>(|micros| micros);
                Arc::new(times.with_timezone(Arc::clone(zone)))
            }
            _ => cast(column, &stored_type)?,
        };
        fields.push(Field::new(contract.name, stored_type, true));
        columns.push(column);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
