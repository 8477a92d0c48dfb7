//! Classifies rows of event tables. Rows with the same event id, or the same member, item and second, are the same fact.
//!
//! Of several rows with one event id, only the first in file order is new, unless the lake has the id already. Hashes all rows
//! in one pass and compares the hashes in partitions, so that memory and number of passes do not grow with the number of rows,
//! except for one bit per row.

use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;

use super::super::IngestError;
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

pub(super) struct FactClassifier {
    hasher: FactHasher,
    rows: u64,
    /// Maximum number of rows in a commit, and average number of keys in a partition.
    commit_rows: u64,
    duplicates: Bits,
    next: u64,
}

/// Keys of event ids and of triples.
struct Keys {
    events: KeyPartitions,
    triples: KeyPartitions,
}

/// One bit per row.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn has(&self, row: u64) -> bool {
        self.0.get((row / 64) as usize).is_some_and(|word| word & (1 << (row % 64)) != 0)
    }

    fn set(&mut self, row: u64) {
        if let Some(word) = self.0.get_mut((row / 64) as usize) {
            *word |= 1 << (row % 64);
        }
    }
}

impl FactClassifier {
    pub(super) fn new(item: &'static str, time: &'static str, rows: u64, commit_rows: u64) -> Self {
        let duplicates = Bits(vec![0; rows.div_ceil(64) as usize]);
        Self { hasher: FactHasher::new(item, time), rows, commit_rows: commit_rows.max(1), duplicates, next: 0 }
    }

    /// Returns the keys of all rows with their row numbers, a filter with these keys, and the period in which the lake may have
    /// the same facts (`None` without rows).
    #[expect(clippy::type_complexity, reason = "three results of one pass")]
    fn keys(&mut self, files: &[FileRows<'_>]) -> Result<(Keys, KeyFilter, Option<(i64, i64)>), IngestError> {
        let mut keys = self.partitions(files);
        let mut filter = KeyFilter::with_keys(self.rows.saturating_mul(2));
        let mut times: Option<(i64, i64)> = None;
        let mut has_event_ids = false;
        let mut number = 0;
        for file in files {
            for batch in file.batches() {
                let batch = batch?;
                let Some(columns) = self.hasher.columns(&batch) else {
                    number += batch.num_rows() as u64;
                    continue;
                };
                for row in 0..batch.num_rows() {
                    let hashes = self.hasher.hashes(&columns, row);
                    if let Some(event) = hashes.event {
                        has_event_ids = true;
                        filter.add(event);
                        keys.events.push(event, number)?;
                    }
                    filter.add(hashes.triple);
                    keys.triples.push(hashes.triple, number << 1 | u64::from(hashes.event.is_some()))?;
                    number += 1;
                }
                for time in columns.time.iter().flatten() {
                    times = Some(times.map_or((time, time), |(from, to)| (from.min(time), to.max(time))));
                }
            }
        }
        Ok((keys, filter, times.map(|times| period_of_equal_facts(times, has_event_ids))))
    }

    /// Returns the keys of the lake that pass the filter, with their marks.
    async fn stored_keys(
        &mut self,
        files: &[FileRows<'_>],
        period: (i64, i64),
        filter: &KeyFilter,
        table: &LakeTable,
    ) -> Result<Keys, IngestError> {
        let mut stored = self.partitions(files);
        let overlapping = files_within(table, period);
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

    fn partitions(&self, files: &[FileRows<'_>]) -> Keys {
        let folder = files.first().map(|file| file.rows.folder()).unwrap_or_default();
        let count = usize::try_from(self.rows.div_ceil(self.commit_rows)).unwrap_or(1);
        Keys { events: KeyPartitions::new(count, &folder), triples: KeyPartitions::new(count, &folder) }
    }

    /// Marks rows as duplicates if the lake or an earlier row has their event id.
    fn compare_events(&mut self, rows: &KeyPartitions, stored: &KeyPartitions) -> Result<(), IngestError> {
        for partition in 0..rows.len() {
            let mut set = dedup_set(rows, stored, partition)?;
            rows.read(partition, |event, row| {
                if set.mark_if_unmarked(event, WITH_EVENT_ID) != 0 {
                    self.duplicates.set(row);
                }
            })?;
        }
        Ok(())
    }

    /// Marks rows as duplicates if the lake or an earlier row has their triple. A row without an event id equals any row with the
    /// same triple; a row with an event id equals only rows without one.
    fn compare_triples(&mut self, rows: &KeyPartitions, stored: &KeyPartitions) -> Result<(), IngestError> {
        for partition in 0..rows.len() {
            let mut set = dedup_set(rows, stored, partition)?;
            rows.read(partition, |triple, number| {
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
            })?;
        }
        Ok(())
    }
}

/// The keys of a partition, marked if the lake has them.
fn dedup_set(rows: &KeyPartitions, stored: &KeyPartitions, partition: usize) -> Result<DedupSet, IngestError> {
    let mut set = DedupSet::with_capacity(rows.keys(partition));
    rows.read(partition, |hash, _| set.insert(hash))?;
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
        let (keys, filter, period) = self.keys(files)?;
        let Some(period) = period else { return Ok(()) };
        let stored = self.stored_keys(files, period, &filter, table).await?;
        drop(filter);
        self.compare_events(&keys.events, &stored.events)?;
        self.compare_triples(&keys.triples, &stored.triples)
    }

    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError> {
        let first = self.next;
        self.next += batch.num_rows() as u64;
        let class = |row| if self.duplicates.has(row) { RowClass::Duplicate } else { RowClass::New };
        Ok((first..self.next).map(|row| Some(class(row))).collect())
    }
}
