//! Classifies rows of event tables. Rows with the same event id, or the same member, item and second, are the same fact.
//!
//! Of several rows with one event id, only the first in file order is new, unless the lake has the id already. Hashes all rows
//! in one pass on all processors, and compares the hashes in partitions that fit into a processor's cache, so that memory and
//! number of passes do not grow with the number of rows, except for one bit per row.

use std::sync::atomic::{AtomicU64, Ordering};

use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;

use super::super::{IngestError, in_parallel};
use super::dedup_set::DedupSet;
use super::fact_hashes::{FactHasher, files_within, period_of_equal_facts};
use super::key_filter::KeyFilter;
use super::key_partitions::KeyPartitions;
use super::{FileRows, RowClass, RowClassifier};
use crate::lake::LakeTable;

/// Mark of a triple that a row without an event id has.
const WITHOUT_EVENT_ID: u8 = 0b01;
/// Mark of an event id, and of a triple that a row with an event id has.
const WITH_EVENT_ID: u8 = 0b10;

/// Number of keys in a partition on average, up to the maximum number of partitions. Their set has half a megabyte.
const PARTITION_KEYS: u64 = 1 << 14;
const MAX_PARTITIONS: u64 = 4_096;

pub(super) struct FactClassifier {
    hasher: FactHasher,
    rows: u64,
    /// Maximum number of rows in a commit.
    commit_rows: u64,
    duplicates: Bits,
    next: u64,
}

/// Keys of event ids and of triples.
struct Keys {
    events: KeyPartitions,
    triples: KeyPartitions,
}

/// The keys of consecutive files, with their row numbers.
struct HashedRows {
    keys: Keys,
    /// The first and last time.
    times: Option<(i64, i64)>,
    has_event_ids: bool,
}

/// One bit per row.
#[derive(Debug, Default)]
struct Bits(Vec<AtomicU64>);

impl Bits {
    fn has(&self, row: u64) -> bool {
        self.0.get((row / 64) as usize).is_some_and(|word| word.load(Ordering::Relaxed) & (1 << (row % 64)) != 0)
    }

    fn set(&self, row: u64) {
        if let Some(word) = self.0.get((row / 64) as usize) {
            word.fetch_or(1 << (row % 64), Ordering::Relaxed);
        }
    }
}

impl FactClassifier {
    pub(super) fn new(item: &'static str, time: &'static str, rows: u64, commit_rows: u64) -> Self {
        let duplicates = Bits((0..rows.div_ceil(64)).map(|_| AtomicU64::new(0)).collect());
        Self { hasher: FactHasher::new(item, time), rows, commit_rows: commit_rows.max(1), duplicates, next: 0 }
    }

    /// Hashes all rows: the files in as many groups as there are processors. Returns the groups in the order of the files.
    fn hash_all(&self, files: &[FileRows<'_>]) -> Result<Vec<HashedRows>, IngestError> {
        let groups = groups_of_similar_size(files, in_parallel::threads());
        let n_groups = groups.len();
        let hashed = in_parallel::in_parallel(&groups, |(first, files)| self.hash(files, *first, n_groups));
        hashed.into_iter().collect()
    }

    /// Hashes the rows of consecutive files. `first` is the number of the first row.
    fn hash(&self, files: &[FileRows<'_>], first: u64, groups: usize) -> Result<HashedRows, IngestError> {
        let mut hasher = self.hasher.clone();
        let mut hashed = HashedRows { keys: self.partitions(files, groups), times: None, has_event_ids: false };
        let mut number = first;
        for file in files {
            for batch in file.batches() {
                let batch = batch?;
                let Some(columns) = hasher.columns(&batch) else {
                    number += batch.num_rows() as u64;
                    continue;
                };
                for row in 0..batch.num_rows() {
                    let hashes = hasher.hashes(&columns, row);
                    if let Some(event) = hashes.event {
                        hashed.has_event_ids = true;
                        hashed.keys.events.push(event, number)?;
                    }
                    hashed.keys.triples.push(hashes.triple, number << 1 | u64::from(hashes.event.is_some()))?;
                    number += 1;
                }
                hashed.times =
                    union(hashed.times, arrow::compute::min(columns.time).zip(arrow::compute::max(columns.time)));
            }
        }
        Ok(hashed)
    }

    /// Returns the keys of the lake's files that the rows may have, with their marks.
    async fn stored_keys(
        &mut self,
        files: &[FileRows<'_>],
        hashed: &[HashedRows],
        period: (i64, i64),
        table: &LakeTable,
    ) -> Result<Keys, IngestError> {
        let mut stored = self.partitions(files, 1);
        let overlapping = files_within(table, period);
        if overlapping.is_empty() {
            return Ok(stored);
        }
        let filter = self.filter(hashed)?;
        let columns = self.hasher.column_names();
        let mut rows = std::pin::pin!(table.read(&overlapping, &columns).await?);
        while let Some(batch) = rows.try_next().await? {
            let Some(columns) = self.hasher.columns(&batch) else { continue };
            for row in 0..batch.num_rows() {
                let hashes = self.hasher.hashes(&columns, row);
                if let Some(event) = hashes.event.filter(|event| filter.may_contain(*event)) {
                    stored.events.push(event, u64::from(WITH_EVENT_ID))?;
                }
                if filter.may_contain(hashes.triple) {
                    let marks = if hashes.event.is_some() { WITH_EVENT_ID } else { WITHOUT_EVENT_ID };
                    stored.triples.push(hashes.triple, u64::from(marks))?;
                }
            }
        }
        Ok(stored)
    }

    /// A filter with the keys of the rows.
    fn filter(&self, hashed: &[HashedRows]) -> Result<KeyFilter, IngestError> {
        let mut filter = KeyFilter::with_keys(self.rows.saturating_mul(2));
        for rows in hashed {
            for keys in [&rows.keys.events, &rows.keys.triples] {
                (0..keys.len()).try_for_each(|partition| keys.read(partition, |hash, _| filter.add(hash)))?;
            }
        }
        Ok(filter)
    }

    /// Empty partitions for the keys of one of `groups` groups of rows.
    fn partitions(&self, files: &[FileRows<'_>], groups: usize) -> Keys {
        let folder = files.first().map(|file| file.rows.folder()).unwrap_or_default();
        let count = self.rows.div_ceil(PARTITION_KEYS).clamp(1, MAX_PARTITIONS) as usize;
        let keys = self.rows / groups.max(1) as u64;
        let new = || KeyPartitions::new(count, &folder, keys, groups);
        Keys { events: new(), triples: new() }
    }

    /// Marks rows as duplicates if the lake or an earlier row has their event id.
    fn compare_events(&self, rows: &[HashedRows], stored: &KeyPartitions) -> Result<(), IngestError> {
        let rows: Vec<&KeyPartitions> = rows.iter().map(|rows| &rows.keys.events).collect();
        for_each_partition(&rows, stored, |partition, mut set| {
            read_all(&rows, partition, |event, row| {
                if set.mark_if_unmarked(event, WITH_EVENT_ID) != 0 {
                    self.duplicates.set(row);
                }
            })
        })
    }

    /// Marks rows as duplicates if the lake or an earlier row has their triple. A row without an event id equals any row with the
    /// same triple; a row with an event id equals only rows without one.
    fn compare_triples(&self, rows: &[HashedRows], stored: &KeyPartitions) -> Result<(), IngestError> {
        let rows: Vec<&KeyPartitions> = rows.iter().map(|rows| &rows.keys.triples).collect();
        for_each_partition(&rows, stored, |partition, mut set| {
            read_all(&rows, partition, |triple, number| {
                let (row, has_event_id) = (number >> 1, number & 1 == 1);
                if self.duplicates.has(row) {
                    return;
                }
                let is_duplicate = if has_event_id {
                    set.marks(triple) & WITHOUT_EVENT_ID != 0
                } else {
                    set.mark_if_unmarked(triple, WITHOUT_EVENT_ID) != 0
                };
                if is_duplicate {
                    self.duplicates.set(row);
                } else if has_event_id {
                    set.insert_with_marks(triple, WITH_EVENT_ID);
                }
            })
        })
    }
}

/// Splits files into consecutive groups with about as many rows each, at most `n`. Returns the number of each group's first row.
fn groups_of_similar_size<'a, 'f>(files: &'f [FileRows<'a>], n: usize) -> Vec<(u64, &'f [FileRows<'a>])> {
    let rows: u64 = files.iter().map(|file| file.rows.len()).sum();
    let (mut groups, mut from, mut first, mut last) = (Vec::new(), 0, 0, 0);
    for (at, file) in files.iter().enumerate() {
        last += file.rows.len();
        let is_full = last * n as u64 >= rows * (groups.len() as u64 + 1);
        if is_full || at + 1 == files.len() {
            groups.push((first, &files[from..=at]));
            (from, first) = (at + 1, last);
        }
    }
    groups
}

/// The smallest period that contains both.
fn union(left: Option<(i64, i64)>, right: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (left, right) {
        (Some((from, to)), Some((first, last))) => Some((from.min(first), to.max(last))),
        (found, None) | (None, found) => found,
    }
}

/// Calls `compare` for each partition, on all processors, with a set of its keys that marks those of the lake.
fn for_each_partition(
    rows: &[&KeyPartitions],
    stored: &KeyPartitions,
    compare: impl Fn(usize, DedupSet) -> Result<(), IngestError> + Sync,
) -> Result<(), IngestError> {
    let partitions: Vec<usize> = (0..stored.len()).collect();
    let compared =
        in_parallel::in_parallel(&partitions, |&partition| compare(partition, dedup_set(rows, stored, partition)?));
    compared.into_iter().collect()
}

/// Calls `visit` for each key of a partition in the order of rows.
fn read_all(rows: &[&KeyPartitions], partition: usize, mut visit: impl FnMut(u128, u64)) -> Result<(), IngestError> {
    rows.iter().try_for_each(|keys| keys.read(partition, &mut visit))
}

/// The keys of a partition, marked if the lake has them.
fn dedup_set(rows: &[&KeyPartitions], stored: &KeyPartitions, partition: usize) -> Result<DedupSet, IngestError> {
    let mut set = DedupSet::with_capacity(rows.iter().map(|keys| keys.keys(partition)).sum());
    read_all(rows, partition, |hash, _| set.insert(hash))?;
    stored.read(partition, |hash, marks| set.mark_existing(hash, marks as u8))?;
    Ok(set)
}

impl RowClassifier for FactClassifier {
    fn passes(&self) -> u64 {
        1
    }

    fn commit_rows(&self) -> u64 {
        self.commit_rows
    }

    async fn prepare(&mut self, _: u64, files: &[FileRows<'_>], table: &LakeTable) -> Result<(), IngestError> {
        let hashed = self.hash_all(files)?;
        let has_event_ids = hashed.iter().any(|rows| rows.has_event_ids);
        let Some(times) = hashed.iter().map(|rows| rows.times).fold(None, union) else { return Ok(()) };
        let period = period_of_equal_facts(times, has_event_ids);
        let stored = self.stored_keys(files, &hashed, period, table).await?;
        self.compare_events(&hashed, &stored.events)?;
        self.compare_triples(&hashed, &stored.triples)
    }

    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError> {
        let first = self.next;
        self.next += batch.num_rows() as u64;
        let class = |row| if self.duplicates.has(row) { RowClass::Duplicate } else { RowClass::New };
        Ok((first..self.next).map(|row| Some(class(row))).collect())
    }
}
