//! Reads the mapped columns of a Parquet file as text, one row group at a time.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::error::FileError;
use super::super::list_mark::LIST_MARK;
use super::super::sink::{MAX_ROWS, Sink};
use super::number;

pub(super) fn read(path: &Path, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let file = File::open(path).map_err(FileError::Io)?;
    let damaged = |error: &dyn std::fmt::Display| {
        FileError::Refused(format!(
            "is a damaged or unsupported Parquet file ({error}); write it again with zstd or snappy compression"
        ))
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    sink.bind(&names)?;
    let mut wanted = sink.bound_fields();
    wanted.sort_unstable();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let reader =
        builder.with_projection(mask).with_batch_size(MAX_ROWS / 8).build().map_err(|error| damaged(&error))?;
    let mut number = 0;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(&error))?;
        let columns: Vec<StringArray> = batch.columns().iter().map(text).collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            number += 1;
            sink.row(number, |field| {
                let column = &columns[wanted.binary_search(&field).ok()?];
                column.is_valid(row).then(|| column.value(row))
            })?;
        }
    }
    Ok(())
}

/// Converts a column to text. Joins lists, and keeps the zone of instants.
pub(super) fn text(column: &ArrayRef) -> Result<StringArray, FileError> {
    let joined = |lists: &dyn Fn(usize) -> ArrayRef| -> Result<StringArray, FileError> {
        let row = |row: usize| -> Result<Option<String>, FileError> {
            if column.is_null(row) {
                return Ok(None);
            }
            let values = text(&lists(row))?;
            let texts: Vec<&str> = values.iter().flatten().collect();
            Ok(Some(texts.join(&LIST_MARK.to_string())))
        };
        (0..column.len()).map(row).collect()
    };
    match column.data_type() {
        DataType::List(_) => joined(&|row| column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => joined(&|row| column.as_list::<i64>().value(row)),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let wide = cast(column, &DataType::Float64)?;
            Ok(wide.as_primitive::<Float64Type>().iter().map(|value| value.map(number)).collect())
        }
        _ => Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()),
    }
}
