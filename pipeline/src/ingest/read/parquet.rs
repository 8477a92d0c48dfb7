//! Reads the mapped columns of a Parquet file as text, one row group at a time.

mod nested;

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::super::error::FileError;
use super::super::sink::{MAX_ROWS, Sink};
use super::number;

pub(super) fn read(path: &Path, sink: &mut Sink<'_>) -> Result<(), FileError> {
    let builder = open(path)?;
    let names = names(builder.schema(), &|root| !sink.plan().paths_in(root).is_empty());
    sink.bind(&names)?;
    let mut wanted = sink.bound_fields();
    wanted.sort_unstable();
    let columns: Vec<Column> = wanted
        .iter()
        .map(|&field| Column { path: names[field].clone(), is_expanded: sink.plan().expands(&names[field]) })
        .collect();
    let mut number = 0;
    for batch in batches(builder, &columns)? {
        let columns = batch?;
        let rows = columns.first().map_or(0, StringArray::len);
        for row in 0..rows {
            number += 1;
            sink.row(number, |field| {
                let column = &columns[wanted.binary_search(&field).ok()?];
                column.is_valid(row).then(|| column.value(row))
            })?;
        }
    }
    Ok(())
}

/// A column to read, or a path into one.
#[derive(Debug)]
pub(super) struct Column {
    pub path: String,
    /// Whether lists keep all elements, because they become rows.
    pub is_expanded: bool,
}

pub(super) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, FileError> {
    let file = File::open(path).map_err(FileError::Io)?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))
}

/// The names of the columns, and the paths of the fields of those columns for which `is_entered` is true.
pub(super) fn names(schema: &Schema, is_entered: &dyn Fn(&str) -> bool) -> Vec<String> {
    let fields = schema.fields();
    let mut names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    for field in fields.iter().filter(|field| is_entered(field.name())) {
        nested::add_paths(field.name(), field.data_type(), &mut names);
    }
    names
}

/// Reads columns as texts, batch by batch.
pub(super) fn batches<'c>(
    builder: ParquetRecordBatchReaderBuilder<File>,
    columns: &'c [Column],
) -> Result<impl Iterator<Item = Result<Vec<StringArray>, FileError>> + use<'c>, FileError> {
    let fields = builder.schema().fields();
    // A column whose name contains a point takes precedence over a path.
    let is_column = |path: &str| fields.iter().any(|field| field.name() == path);
    let root_of = |column: &Column| match column.path.split_once('.') {
        Some((root, _)) if !is_column(&column.path) => root.to_owned(),
        _ => column.path.clone(),
    };
    let roots: Vec<String> = columns.iter().map(root_of).collect();
    let is_wanted =
        |(at, field): (usize, &std::sync::Arc<arrow::datatypes::Field>)| roots.contains(field.name()).then_some(at);
    let mask = ProjectionMask::roots(builder.parquet_schema(), fields.iter().enumerate().filter_map(is_wanted));
    let reader: ParquetRecordBatchReader =
        builder.with_projection(mask).with_batch_size(MAX_ROWS / 8).build().map_err(|error| damaged(&error))?;
    Ok(reader.map(move |batch| {
        let batch = batch.map_err(|error| damaged(&error))?;
        let texts = columns.iter().zip(&roots).map(|(column, root)| {
            let array = batch.column_by_name(root).ok_or_else(|| damaged(&"a column is missing"))?;
            let path = if *root == column.path { "" } else { &column.path[root.len() + 1..] };
            nested::text_at(array, path, column.is_expanded)
        });
        texts.collect()
    }))
}

fn damaged(error: &dyn std::fmt::Display) -> FileError {
    FileError::Refused(format!(
        "is a damaged or unsupported Parquet file ({error}); write it again with zstd or snappy compression"
    ))
}

/// Converts a column to text. Joins lists, and keeps the zone of instants.
pub(super) fn text(column: &ArrayRef) -> Result<StringArray, FileError> {
    match column.data_type() {
        DataType::List(_) => nested::joined(column.as_list::<i32>(), &text(column.as_list::<i32>().values())?, false),
        DataType::LargeList(_) => {
            nested::joined(column.as_list::<i64>(), &text(column.as_list::<i64>().values())?, false)
        }
        DataType::Struct(_) | DataType::Map(..) => {
            let why = "has a column of structures; map one of their fields by its path, as in columns = { member_id = \"user.id\" }";
            Err(FileError::Refused(why.to_owned()))
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let wide = cast(column, &DataType::Float64)?;
            Ok(wide.as_primitive::<Float64Type>().iter().map(|value| value.map(number)).collect())
        }
        _ => Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()),
    }
}
