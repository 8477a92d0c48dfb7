//! Classifies keyed rows: finds the current value of each column of a key, and whether a new row changes one.
//!
//! Applies the same rule as `sql/current.rs`, to rows in order of arrival. Dated rows that change nothing now are kept, too: they
//! were true at their time, and the time of an equal value decides about rows that arrive later.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::Table;

use super::super::IngestError;
use super::super::column_masks::ColumnMasks;
use super::output::rows_error;
use super::row_keys::{IdentityHasher, RowPosition, StoredColumns, key, positions};
use super::{FileRows, RowClass, RowClassifier};
use crate::lake::{LakeTable, raw};
use crate::sql::Versions;

/// Maximum number of values per pass, of 16 bytes each. More rows need several passes, each over a part of the keys.
const VALUES_PER_PASS: u64 = 8_000_000;

/// The current value of a column of a key.
#[derive(Debug, Clone, Copy)]
struct CurrentValue {
    /// Hash of the value; [`ABSENT`] if no row has the column.
    content: u64,
    /// The newest time of a row with the column, in microseconds; [`UNDATED`] if none has a time.
    newest: i64,
}

const ABSENT: u64 = 0;
/// Hash of a missing text.
const EMPTY: u64 = 1;
const UNDATED: i64 = i64::MIN;

/// An odd number with bits at random: 2^64 divided by the golden ratio.
const HASH_FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stored row of a key.
struct Version {
    key: u32,
    position: RowPosition,
    time: Option<i64>,
    mask: i64,
    /// Place of its first content.
    contents: usize,
}

pub(super) struct KeyedClassifier {
    table: Table,
    versions: Versions,
    stored: StoredColumns,
    /// Place among the stored columns, bit and converter of each column out of the key.
    columns: Vec<(usize, i64, RowConverter)>,
    rows: u64,
    pass: u64,
    numbers: HashMap<u128, u32, BuildHasherDefault<IdentityHasher>>,
    is_known: Vec<bool>,
    /// The values of each key by its number, column by column.
    current: Vec<CurrentValue>,
    /// Hashes of the dated rows of these keys.
    history: HashSet<u64, BuildHasherDefault<IdentityHasher>>,
}

/// Keys, times, masks and hashes of the values of the rows of a batch.
struct KeyedRows {
    keys: Vec<u128>,
    times: Vec<Option<i64>>,
    masks: ColumnMasks,
    /// The hashes of each column out of the key.
    contents: Vec<Vec<u64>>,
}

impl KeyedClassifier {
    pub(super) fn new(table: Table, versions: Versions, rows: u64) -> Result<Self, IngestError> {
        let stored = StoredColumns::new(table);
        let mut columns = Vec::new();
        for (place, name) in stored.names.iter().enumerate().filter(|(_, name)| !versions.key.contains(*name)) {
            let field = SortField::new(stored.types[place].clone());
            columns.push((place, table.column_bit(name), RowConverter::new(vec![field]).map_err(rows_error(table))?));
        }
        Ok(Self {
            table,
            versions,
            stored,
            columns,
            rows,
            pass: 0,
            numbers: HashMap::default(),
            is_known: Vec::new(),
            current: Vec::new(),
            history: HashSet::default(),
        })
    }

    fn keys(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u128>, IngestError> {
        let part = |name: &&str| self.stored.place(name).map(|place| cast(&columns[place], &DataType::Utf8));
        let parts: Result<Vec<ArrayRef>, _> = self.versions.key.iter().filter_map(part).collect();
        let parts = parts.map_err(rows_error(self.table))?;
        let parts: Vec<&StringArray> = parts.iter().filter_map(|part| part.as_string_opt::<i32>()).collect();
        Ok((0..rows).map(|row| key(b'k', &parts, row)).collect())
    }

    /// Hashes the rows of a batch. Contract columns may be missing.
    fn rows(&self, batch: &RecordBatch) -> Result<KeyedRows, IngestError> {
        let rows = batch.num_rows();
        let columns = self.stored.of(batch)?;
        let time: Vec<&str> = self.versions.time.into_iter().filter(|_| self.versions.by_time).collect();
        let masks = ColumnMasks::of(self.table, batch);
        let hashes = |(place, bit, converter): &(usize, i64, RowConverter)| {
            if matches!(masks, ColumnMasks::Same(mask) if mask & bit == 0) {
                return Ok(Vec::new());
            }
            if let Some(texts) = columns[*place].as_string_opt::<i32>() {
                let hash = |text: Option<&str>| text.map_or(EMPTY, |text| xxh3_64(text.as_bytes()).max(EMPTY + 1));
                return Ok(texts.iter().map(hash).collect());
            }
            let rows = converter
                .convert_columns(&[std::sync::Arc::clone(&columns[*place])])
                .map_err(rows_error(self.table))?;
            Ok(rows.iter().map(|value| xxh3_64(value.as_ref()).max(EMPTY + 1)).collect())
        };
        let contents = self.columns.iter().map(hashes).collect::<Result<_, IngestError>>()?;
        let times = self.stored.times(&columns, &time, rows);
        Ok(KeyedRows { keys: self.keys(&columns, rows)?, times, masks, contents })
    }

    fn is_in_pass(&self, key: u128) -> bool {
        (key as u64) % self.passes() == self.pass
    }

    /// Changes the current values of a key by a row of this time and mask. Returns whether a value changed, and the hash of the row.
    fn apply(&mut self, key: u32, time: Option<i64>, mask: i64, content: impl Fn(usize) -> Option<u64>) -> (bool, u64) {
        let first = key as usize * self.columns.len();
        let (mut is_changed, mut hash) = (false, u64::from(key) ^ mask.cast_unsigned().rotate_left(32));
        for (at, _) in self.columns.iter().enumerate().filter(|(_, (_, bit, _))| mask & bit != 0) {
            let (current, Some(content)) = (&mut self.current[first + at], content(at)) else { continue };
            hash = (hash.rotate_left(23) ^ content).wrapping_mul(HASH_FACTOR);
            if time.is_some_and(|time| time < current.newest) {
                continue;
            }
            is_changed |= current.content != content;
            *current = CurrentValue { content, newest: time.unwrap_or(current.newest) };
        }
        (is_changed, hash)
    }

    /// The stored rows with a key of this pass.
    async fn stored_versions(&self, table: &LakeTable) -> Result<(Vec<Version>, Vec<u64>), IngestError> {
        let (mut found, mut contents) = (Vec::new(), Vec::new());
        let files = table.files();
        let names: Vec<&str> = self.stored.names.iter().copied().chain([raw::BATCH, raw::ROW, raw::COLUMNS]).collect();
        let mut lake = std::pin::pin!(table.read(&files, &names).await?);
        while let Some(batch) = lake.try_next().await? {
            let (rows, positions) = (self.rows(&batch)?, positions(&batch));
            for (row, key) in rows.keys.iter().enumerate() {
                let Some(&key) = self.numbers.get(key) else { continue };
                let (time, mask) = (rows.times[row], rows.masks.of_row(row));
                found.push(Version { key, position: positions[row], time, mask, contents: contents.len() });
                contents.extend(rows.contents.iter().map(|hashes| hashes.get(row).copied().unwrap_or(ABSENT)));
            }
        }
        found.sort_unstable_by_key(|version| (version.key, version.position));
        Ok((found, contents))
    }
}

impl RowClassifier for KeyedClassifier {
    fn passes(&self) -> u64 {
        (self.rows * (self.columns.len() as u64 + 1)).div_ceil(VALUES_PER_PASS).max(1)
    }

    async fn prepare(&mut self, pass: u64, files: &[FileRows<'_>], table: &LakeTable) -> Result<(), IngestError> {
        self.pass = pass;
        self.numbers.clear();
        for file in files {
            for batch in file.batches() {
                let batch = batch?;
                let columns = self.stored.of(&batch)?;
                for key in self.keys(&columns, batch.num_rows())? {
                    if self.is_in_pass(key) {
                        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                        self.numbers.entry(key).or_insert(next);
                    }
                }
            }
        }
        let keys = self.numbers.len();
        self.is_known = vec![false; keys];
        self.current = vec![CurrentValue { content: ABSENT, newest: UNDATED }; keys * self.columns.len()];
        let (versions, contents) = self.stored_versions(table).await?;
        self.history.clear();
        for version in versions {
            let content = |at| contents.get(version.contents + at).copied();
            let (_, hash) = self.apply(version.key, version.time, version.mask, content);
            self.is_known[version.key as usize] = true;
            self.history.insert(hash);
        }
        Ok(())
    }

    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError> {
        let rows = self.rows(batch)?;
        let mut classes = Vec::with_capacity(rows.keys.len());
        for (row, key) in rows.keys.iter().enumerate() {
            let Some(&key) = self.numbers.get(key) else {
                classes.push(None);
                continue;
            };
            let (time, mask) = (rows.times[row], rows.masks.of_row(row));
            let (is_changed, hash) = self.apply(key, time, mask, |at| rows.contents[at].get(row).copied());
            let is_known = std::mem::replace(&mut self.is_known[key as usize], true);
            // The time is among the columns.
            let is_new_history = time.is_some() && self.history.insert(hash);
            classes.push(Some(match (is_known, is_changed) {
                (false, _) => RowClass::New,
                (true, true) => RowClass::Replaced,
                (true, false) if is_new_history => RowClass::Older,
                (true, false) => RowClass::Duplicate,
            }));
        }
        Ok(classes)
    }
}
