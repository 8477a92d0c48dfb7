//! Classifies keyed rows and sign-ups: finds the current row of each key, and whether a new row changes it.
//!
//! Applies the same rule as `sql/current.rs`, to rows in order of arrival.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use futures::TryStreamExt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};
use zhihui_data::Table;
use zhihui_data::tables::Identity;

use super::super::IngestError;
use super::output::rows_error;
use super::{FileRows, RowClass, RowClassifier};
use crate::lake::{LakeTable, raw};
use crate::sql::Versions;

/// Maximum number of rows per pass. More rows need several passes, each over a part of the keys.
const ROWS_PER_PASS: u64 = 2_000_000;

/// Batch and row number of a stored row.
type RowPosition = (i64, i64);

/// The stored rows of a key that decide the current one.
#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    /// The newest row with a time: time, position, hash of the content.
    dated: Option<(i64, RowPosition, u64)>,
    /// The last row without a time.
    undated: Option<(RowPosition, u64)>,
}

/// The current row of a key.
#[derive(Debug, Clone, Copy)]
struct CurrentRow {
    content: u64,
    newest: Option<i64>,
}

type Keys<V> = HashMap<u128, V, BuildHasherDefault<IdentityHasher>>;

pub(super) struct KeyedClassifier {
    table: Table,
    rows: u64,
    pass: u64,
    names: Vec<&'static str>,
    types: Vec<DataType>,
    converter: RowConverter,
    current: Keys<Option<CurrentRow>>,
    /// For sign-ups, hashes of key and content of all stored rows, because late rows are part of the history.
    stored_rows: HashSet<u64, BuildHasherDefault<IdentityHasher>>,
}

/// Keys, hashes of contents, and times of the rows of a batch.
struct KeyedRows {
    keys: Vec<u128>,
    contents: Vec<u64>,
    times: Vec<Option<i64>>,
}

impl KeyedClassifier {
    pub(super) fn new(table: Table, rows: u64) -> Result<Self, IngestError> {
        let stored = table.columns().iter().filter(|column| !column.transient);
        let (names, types): (Vec<_>, Vec<_>) = stored.map(|column| (column.name, raw::arrow_type(column.kind))).unzip();
        let fields = types.iter().cloned().map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(rows_error(table))?;
        let current = Keys::default();
        Ok(Self { table, rows, pass: 0, names, types, converter, current, stored_rows: HashSet::default() })
    }

    /// Hashes the rows of a batch. Contract columns may be missing.
    fn rows(&mut self, batch: &RecordBatch) -> Result<KeyedRows, IngestError> {
        let count = batch.num_rows();
        let column = |(name, kind): (&&str, &DataType)| match batch.column_by_name(name) {
            Some(column) if column.data_type() == kind => Ok(Arc::clone(column)),
            Some(column) => cast(column, kind),
            None => Ok(new_null_array(kind, count)),
        };
        let columns: Result<Vec<ArrayRef>, _> = self.names.iter().zip(&self.types).map(column).collect();
        let columns = columns.map_err(rows_error(self.table))?;
        let contents = self.converter.convert_columns(&columns).map_err(rows_error(self.table))?;
        let contents = contents.iter().map(|row| xxh3_64(row.as_ref())).collect();
        let place = |name: &str| self.names.iter().position(|known| *known == name);
        let text = |name: &str| place(name).and_then(|place| columns[place].as_string_opt::<i32>());
        let time = |name: &str| place(name).and_then(|at| columns[at].as_primitive_opt::<TimestampMicrosecondType>());
        let keys: Vec<u128> = match self.table.identity() {
            Identity::Key(names) => {
                let place = |name: &&str| place(name).map(|place| cast(&columns[place], &DataType::Utf8));
                let parts: Result<Vec<ArrayRef>, _> = names.iter().filter_map(place).collect();
                let parts = parts.map_err(rows_error(self.table))?;
                let parts: Vec<&StringArray> = parts.iter().filter_map(|part| part.as_string_opt::<i32>()).collect();
                (0..count).map(|row| key(b'k', &parts, row)).collect()
            }
            _ => {
                let (member, openid, item) = (text("member_id"), text("openid"), text("activity_id"));
                let actor = |row: usize| match member.filter(|member| member.is_valid(row)) {
                    Some(member) => (b'm', Some(member)),
                    None => (b'o', openid),
                };
                let pair = |row: usize| {
                    let (tag, actor) = actor(row);
                    key(tag, &actor.into_iter().chain(item).collect::<Vec<_>>(), row)
                };
                (0..count).map(pair).collect()
            }
        };
        let time_columns = match Versions::of(self.table) {
            Some(versions) => [versions.time.filter(|_| versions.by_time).and_then(time), None],
            None => [time("updated_at"), time("signed_up_at")],
        };
        let newest = |row: usize| {
            let first = time_columns.iter().flatten().find(|column| column.is_valid(row));
            first.map(|column| column.value(row))
        };
        Ok(KeyedRows { keys, contents, times: (0..count).map(newest).collect() })
    }

    /// Whether older rows are kept too: a check-in gets its tickets from a sign-up even if that arrives later.
    fn keeps_history(&self) -> bool {
        matches!(self.table.identity(), Identity::SignUp)
    }

    fn is_in_pass(&self, key: u128) -> bool {
        (key as u64) % self.passes() == self.pass
    }
}

impl RowClassifier for KeyedClassifier {
    fn passes(&self) -> u64 {
        self.rows.div_ceil(ROWS_PER_PASS).max(1)
    }

    async fn prepare(&mut self, pass: u64, files: &[FileRows<'_>], table: &LakeTable) -> Result<(), IngestError> {
        self.pass = pass;
        let mut stored: Keys<Stored> = Keys::default();
        let keeps_history = self.keeps_history();
        self.stored_rows.clear();
        for file in files {
            for batch in file.batches() {
                for key in self.rows(&batch?)?.keys.into_iter().filter(|key| self.is_in_pass(*key)) {
                    stored.entry(key).or_default();
                }
            }
        }
        let files = table.files();
        let columns: Vec<&str> = self.names.iter().copied().chain([raw::BATCH, raw::ROW]).collect();
        let mut lake = std::pin::pin!(table.read(&files, &columns).await?);
        while let Some(batch) = lake.try_next().await? {
            let rows = self.rows(&batch)?;
            let integers =
                |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
            let (batches, numbers) = (integers(raw::BATCH), integers(raw::ROW));
            for row in 0..batch.num_rows() {
                let Entry::Occupied(mut entry) = stored.entry(rows.keys[row]) else { continue };
                let position =
                    (batches.map_or(0, |batches| batches.value(row)), numbers.map_or(0, |numbers| numbers.value(row)));
                let (of_key, content) = (entry.get_mut(), rows.contents[row]);
                if keeps_history {
                    self.stored_rows.insert(row_hash(rows.keys[row], content));
                }
                match rows.times[row] {
                    Some(time) if of_key.dated.is_none_or(|(newest, last, _)| (time, position) > (newest, last)) => {
                        of_key.dated = Some((time, position, content));
                    }
                    None if of_key.undated.is_none_or(|(last, _)| position > last) => {
                        of_key.undated = Some((position, content));
                    }
                    _ => {}
                }
            }
        }
        self.current = stored.into_iter().map(|(key, stored)| (key, stored.current())).collect();
        Ok(())
    }

    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError> {
        let rows = self.rows(batch)?;
        let (passes, keeps_history) = ((self.passes(), self.pass), self.keeps_history());
        let class = |row: usize| {
            let (key, content, time) = (rows.keys[row], rows.contents[row], rows.times[row]);
            if (key as u64) % passes.0 != passes.1 {
                return None;
            }
            let entry = self.current.entry(key).or_default();
            let Some(current) = entry else {
                *entry = Some(CurrentRow { content, newest: time });
                if keeps_history {
                    self.stored_rows.insert(row_hash(key, content));
                }
                return Some(RowClass::New);
            };
            let is_new_history = keeps_history && self.stored_rows.insert(row_hash(key, content));
            let is_older = time.is_some_and(|time| current.newest.is_some_and(|newest| time < newest));
            if is_older && is_new_history {
                return Some(RowClass::Older);
            }
            if is_older || current.content == content {
                return Some(RowClass::Duplicate);
            }
            *current = CurrentRow { content, newest: time.or(current.newest) };
            Some(RowClass::Replaced)
        };
        Ok((0..batch.num_rows()).map(class).collect())
    }
}

impl Stored {
    /// The current row: the later one of the newest dated row and the last undated row, by position.
    fn current(self) -> Option<CurrentRow> {
        let newest = self.dated.map(|(time, _, _)| time);
        let content = match (self.dated, self.undated) {
            (Some((_, dated, content)), Some((undated, _))) if dated > undated => content,
            (_, Some((_, content))) | (Some((_, _, content)), None) => content,
            (None, None) => return None,
        };
        Some(CurrentRow { content, newest })
    }
}

/// Combines the hashes of a key and a content.
fn row_hash(key: u128, content: u64) -> u64 {
    (key as u64) ^ content.rotate_left(32)
}

fn key(tag: u8, parts: &[&StringArray], row: usize) -> u128 {
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
struct IdentityHasher(u64);

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
