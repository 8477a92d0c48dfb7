//! Finds identity numbers in the values of files, independently of the headers.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use zhihui_data::id_number::{Finder, is_in};

use super::super::error::FileError;
use super::records::{Fields, Record, Records};

/// Whether a text contains an identity number.
pub(super) fn contains_any(mut text: impl Read) -> Result<bool, FileError> {
    let (mut finder, mut part) = (Finder::default(), vec![0; 256 << 10]);
    loop {
        match text.read(&mut part) {
            Ok(0) => return Ok(finder.end()),
            Ok(length) if finder.take(&part[..length]) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::Io(error)),
        }
    }
}

/// The columns with identity numbers in the remaining records. With `width`, only of records with this number of fields.
pub(super) fn columns_with_any<R: Read>(
    records: &mut Records<R>,
    width: Option<usize>,
) -> Result<BTreeSet<usize>, FileError> {
    let mut found = BTreeSet::new();
    while let Some(record) = records.next()? {
        let Record::Fields(_, fields) = record else { continue };
        if width.is_none_or(|width| fields.len() == width) {
            found.extend((0..fields.len()).filter(|&at| Fields::get(&fields, at).is_some_and(is_in)));
        }
    }
    Ok(found)
}

/// Whether a JSON string or number contains an identity number.
pub(super) fn is_in_value(value: &Value) -> bool {
    match value {
        Value::String(text) => is_in(text),
        Value::Number(number) => is_in(&number.to_string()),
        _ => false,
    }
}

/// The text columns of a Parquet file that contain identity numbers, except known columns.
pub(super) fn parquet_columns(path: &Path, knows: &dyn Fn(&str) -> bool) -> Result<BTreeSet<String>, FileError> {
    let damaged = |error: &dyn std::fmt::Display| FileError::Refused(format!("is a damaged Parquet file ({error})"));
    let file = File::open(path).map_err(FileError::Io)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build());
    let mut found = BTreeSet::new();
    for batch in reader.map_err(|error| damaged(&error))? {
        let batch = batch.map_err(|error| damaged(&error))?;
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let name = field.name();
            if knows(name) || found.contains(name) || !is_text(field.data_type()) {
                continue;
            }
            let texts = cast(column, &DataType::Utf8).map_err(|error| damaged(&error))?;
            if texts.as_string::<i32>().iter().flatten().any(is_in) {
                found.insert(name.clone());
            }
        }
    }
    Ok(found)
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}
