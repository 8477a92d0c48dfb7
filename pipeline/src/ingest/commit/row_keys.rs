//! The keys of rows as hashes, and their columns in the stored types.

use std::hash::Hasher;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};
use zhihui_data::Table;

use super::super::IngestError;
use super::output::rows_error;
use crate::lake::raw;

/// Batch and row number of a stored row.
pub(super) type RowPosition = (i64, i64);

/// The stored columns of a contract table.
pub(super) struct StoredColumns {
    table: Table,
    pub(super) names: Vec<&'static str>,
    pub(super) types: Vec<DataType>,
}

impl StoredColumns {
    pub(super) fn new(table: Table) -> Self {
        let stored = table.columns().iter().filter(|column| !column.transient);
        let (names, types) = stored.map(|column| (column.name, raw::arrow_type(column.kind))).unzip();
        Self { table, names, types }
    }

    /// The columns of a batch in their stored types. Columns that the batch does not have are null.
    pub(super) fn of(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, IngestError> {
        let column = |(name, kind): (&&str, &DataType)| match batch.column_by_name(name) {
            Some(column) if column.data_type() == kind => Ok(Arc::clone(column)),
            Some(column) => cast(column, kind),
            None => Ok(new_null_array(kind, batch.num_rows())),
        };
        let columns: Result<Vec<ArrayRef>, _> = self.names.iter().zip(&self.types).map(column).collect();
        columns.map_err(rows_error(self.table))
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| *known == name)
    }

    pub(super) fn text<'a>(&self, columns: &'a [ArrayRef], name: &str) -> Option<&'a StringArray> {
        self.place(name).and_then(|place| columns[place].as_string_opt::<i32>())
    }

    /// The first of the times `names` that a row has, in microseconds.
    pub(super) fn times(&self, columns: &[ArrayRef], names: &[&str], rows: usize) -> Vec<Option<i64>> {
        let column = |name: &&str| columns[self.place(name)?].as_primitive_opt::<TimestampMicrosecondType>();
        let given: Vec<_> = names.iter().filter_map(column).collect();
        let time = |row: usize| given.iter().find(|column| column.is_valid(row)).map(|column| column.value(row));
        (0..rows).map(time).collect()
    }
}

/// The position of each row of a batch of the raw table.
pub(super) fn positions(batch: &RecordBatch) -> Vec<RowPosition> {
    let integers = |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    let (batches, numbers) = (integers(raw::BATCH), integers(raw::ROW));
    let position =
        |row: usize| (batches.map_or(0, |batches| batches.value(row)), numbers.map_or(0, |numbers| numbers.value(row)));
    (0..batch.num_rows()).map(position).collect()
}

/// The hash of the parts of a row's key.
pub(super) fn key(tag: u8, parts: &[&StringArray], row: usize) -> u128 {
    let mut text = vec![tag];
    for part in parts {
        // No text contains this byte, so that a missing value differs from every text.
        if part.is_valid(row) {
            text.extend_from_slice(part.value(row).as_bytes())
        } else {
            text.push(0xff)
        }
        text.push(0);
    }
    xxh3_128(&text)
}

/// Hasher for keys that are hashes already.
#[derive(Debug, Default)]
pub(super) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = (key >> 64) as u64;
    }
}
