//! From polars to Arrow: through bytes of Arrow's IPC format, then to the stored types of the table.

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

/// The frame as batches whose columns have the table's stored types; an empty frame gives none.
pub(super) fn to_arrow(mut frame: DataFrame, table: Table) -> Result<Vec<RecordBatch>, FileError> {
    if frame.height() == 0 {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(frame.estimated_size() + (4 << 10));
    IpcWriter::new(&mut bytes).with_compat_level(CompatLevel::oldest()).with_parallel(false).finish(&mut frame)?;
    drop(frame);
    let batches = FileReader::try_new(Cursor::new(bytes), None)?;
    batches.map(|batch| stored(&batch?, table)).collect()
}

fn stored(batch: &RecordBatch, table: Table) -> Result<RecordBatch, FileError> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let Some(known) = table.column(field.name()) else { continue };
        let wanted = raw::arrow_type(known.kind);
        let column = match (column.data_type(), &wanted) {
            // Copied, so that the batch does not hold on to the whole of the bytes that it came in.
            (DataType::Int64, DataType::Timestamp(_, Some(zone))) => {
                let times = column.as_primitive::<Int64Type>().unary::<_, TimestampMicrosecondType>(|micros| micros);
                Arc::new(times.with_timezone(Arc::clone(zone)))
            }
            _ => cast(column, &wanted)?,
        };
        fields.push(Field::new(known.name, wanted, true));
        columns.push(column);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
