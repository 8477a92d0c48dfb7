//! Completes facts of which a measurement was set to unknown: an equal row of a later file, such as a corrected one, gives them
//! the value.
//!
//! Rewrites the data files with such facts in a commit of its own. So a run that ends before the file's own commit does no harm:
//! the next run finds the facts complete.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::datatypes::{Float64Type, Int64Type};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use zhihui_data::{ColumnKind, Table};

use super::super::IngestError;
use super::fact_hashes::{FactHasher, Hashes, files_within, period_of_equal_facts};
use super::output::rows_error;
use super::{FileRows, Run, info};
use crate::lake::{CommitInfo, CommitMode, DataFile, Lake, LakeError, LakeTable, raw};

/// The operation of commits that complete facts.
const OPERATION: &str = "complete";

/// Files and columns with values that were set to unknown.
pub(super) struct Nulled(HashSet<(String, String)>);

impl Nulled {
    /// Reads those of a table. Empty for a table without measurements.
    pub(super) async fn read(lake: &Lake, table: Table) -> Result<Self, IngestError> {
        let mut found = HashSet::new();
        let has_measurements = table.columns().iter().any(|column| column.measurement);
        let spec = raw::nulled_spec();
        if let Some(stored) = lake.table(&spec.name).await?.filter(|_| has_measurements) {
            let mut batches = std::pin::pin!(stored.read(&stored.files(), &["table", "sha256", "column"]).await?);
            while let Some(batch) = batches.try_next().await? {
                let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
                let (Some(tables), Some(files), Some(columns)) = (text("table"), text("sha256"), text("column")) else {
                    continue;
                };
                for row in (0..batch.num_rows()).filter(|&row| tables.value(row) == table.name()) {
                    let key = (files.value(row), columns.value(row));
                    // Consecutive rows are mostly of one file and column.
                    if row == 0 || key != (files.value(row - 1), columns.value(row - 1)) {
                        found.insert((key.0.to_owned(), key.1.to_owned()));
                    }
                }
            }
        }
        Ok(Self(found))
    }

    fn has(&self, file: &str, column: &str) -> bool {
        self.0.iter().any(|(known, name)| known == file && name == column)
    }
}

/// The measurements of equal rows in the table's order, each with the number of the file that has it.
type Values = Vec<Option<(f64, usize)>>;

/// A value for a fact of the lake.
struct Gap {
    row: usize,
    measurement: usize,
    value: f64,
    file: usize,
}

/// Rows with measurements by their keys.
#[derive(Default)]
struct Completions {
    events: HashMap<u128, Values>,
    /// By the triples of rows with an event id. They equal facts without one.
    triples_of_events: HashMap<u128, Values>,
    /// By the triples of rows without an event id. They equal any fact.
    triples: HashMap<u128, Values>,
    times: Option<(i64, i64)>,
}

impl Completions {
    fn add(&mut self, hashes: Hashes, values: Values, at: i64) {
        match hashes.event {
            Some(event) => {
                merge(&mut self.events, event, values.clone());
                merge(&mut self.triples_of_events, hashes.triple, values);
            }
            None => merge(&mut self.triples, hashes.triple, values),
        }
        self.times = Some(self.times.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
    }

    fn len(&self) -> u64 {
        (self.events.len() + self.triples.len()) as u64
    }

    /// The value of a measurement for a fact.
    fn value(&self, hashes: Hashes, measurement: usize) -> Option<(f64, usize)> {
        let of_event = match hashes.event {
            Some(event) => self.events.get(&event),
            None => self.triples_of_events.get(&hashes.triple),
        };
        let equal = of_event.into_iter().chain(self.triples.get(&hashes.triple));
        equal.filter_map(|values| values[measurement]).next()
    }
}

/// Adds values to those of a key. The first ones stay.
fn merge(of_key: &mut HashMap<u128, Values>, key: u128, values: Values) {
    match of_key.entry(key) {
        Entry::Vacant(entry) => drop(entry.insert(values)),
        Entry::Occupied(mut entry) => {
            entry.get_mut().iter_mut().zip(values).for_each(|(known, new)| *known = known.or(new));
        }
    }
}

/// Gives facts of `stored` the measurements of equal rows, where they were set to unknown. Returns the number of completed facts
/// by file.
pub(super) async fn complete(
    run: &Run<'_>,
    table: Table,
    (item, time): (&'static str, &'static str),
    stored: &mut LakeTable,
    files: &[FileRows<'_>],
    nulled: &Nulled,
) -> Result<Vec<u64>, IngestError> {
    let mut counts = vec![0; files.len()];
    if nulled.0.is_empty() {
        return Ok(counts);
    }
    let mut work = Work::new(table, FactHasher::new(item, time), nulled);
    let mut completions = Completions::default();
    for (place, file) in files.iter().enumerate() {
        for batch in file.batches() {
            work.collect(&batch?, place, &mut completions);
            if completions.len() >= run.commit_rows {
                work.apply(run, &std::mem::take(&mut completions), stored, &mut counts).await?;
            }
        }
    }
    work.apply(run, &completions, stored, &mut counts).await?;
    Ok(counts)
}

struct Work<'a> {
    table: Table,
    hasher: FactHasher,
    nulled: &'a Nulled,
    measurements: Vec<&'static str>,
}

impl<'a> Work<'a> {
    fn new(table: Table, hasher: FactHasher, nulled: &'a Nulled) -> Self {
        let measurements = table.columns().iter().filter(|column| column.measurement).map(|column| column.name);
        Self { table, hasher, nulled, measurements: measurements.collect() }
    }

    /// Adds the rows of a batch that have a measurement.
    fn collect(&mut self, batch: &RecordBatch, file: usize, completions: &mut Completions) {
        let numbers: Vec<Option<Float64Array>> =
            self.measurements.iter().map(|name| batch.column_by_name(name).and_then(numbers)).collect();
        let has_value = |row: usize| numbers.iter().flatten().any(|column| column.is_valid(row));
        let Some(columns) = self.hasher.columns(batch).filter(|_| numbers.iter().any(Option::is_some)) else { return };
        for row in (0..batch.num_rows()).filter(|&row| has_value(row)) {
            let hashes = self.hasher.hashes(&columns, row);
            let value = |column: &Option<Float64Array>| {
                column.as_ref().filter(|column| column.is_valid(row)).map(|column| (column.value(row), file))
            };
            completions.add(hashes, numbers.iter().map(value).collect(), columns.time.value(row));
        }
    }

    /// Rewrites the data files that have facts to complete.
    async fn apply(
        &mut self,
        run: &Run<'_>,
        completions: &Completions,
        stored: &mut LakeTable,
        counts: &mut [u64],
    ) -> Result<(), IngestError> {
        let Some(times) = completions.times else { return Ok(()) };
        let period = period_of_equal_facts(times, !completions.events.is_empty());
        let mut affected: Vec<DataFile> = Vec::new();
        for file in files_within(stored, period) {
            if self.is_affected(stored, &file, completions).await? {
                affected.push(file);
            }
        }
        if affected.is_empty() {
            return Ok(());
        }
        let mut writer = stored.writer();
        let mut batches = std::pin::pin!(stored.read(&affected, &[]).await?);
        while let Some(batch) = batches.try_next().await? {
            let completed = self.completed(&batch, completions, counts).map_err(rows_error(self.table))?;
            writer.write(&completed.unwrap_or(batch)).await?;
        }
        let written = writer.finish().await?;
        let info = CommitInfo { operation: OPERATION.to_owned(), ..info(run) };
        stored.commit(written, CommitMode::Files { remove: affected }, Vec::new(), info).await?;
        Ok(())
    }

    async fn is_affected(
        &mut self,
        stored: &LakeTable,
        file: &DataFile,
        completions: &Completions,
    ) -> Result<bool, LakeError> {
        let mut names = vec![raw::FILE];
        names.extend(self.hasher.column_names());
        names.extend(&self.measurements);
        let mut batches = std::pin::pin!(stored.read(std::slice::from_ref(file), &names).await?);
        while let Some(batch) = batches.try_next().await? {
            if !self.gaps(&batch, completions).is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The measurements of a batch of the lake that can be completed.
    fn gaps(&mut self, batch: &RecordBatch, completions: &Completions) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let files = batch.column_by_name(raw::FILE).and_then(|column| column.as_string_opt::<i32>());
        let (Some(files), Some(columns)) = (files, self.hasher.columns(batch)) else { return gaps };
        let mut last: Option<(&str, Vec<bool>)> = None;
        for row in 0..batch.num_rows() {
            let file = files.value(row);
            // Consecutive rows are mostly of one file.
            if last.as_ref().is_none_or(|(known, _)| *known != file) {
                last = Some((file, self.measurements.iter().map(|name| self.nulled.has(file, name)).collect()));
            }
            let Some((_, was_nulled)) = last.as_ref().filter(|(_, nulled)| nulled.contains(&true)) else { continue };
            let is_open = |at: usize| {
                let column = batch.column_by_name(self.measurements[at]);
                was_nulled[at] && column.is_some_and(|column| column.is_null(row))
            };
            let open: Vec<usize> = (0..self.measurements.len()).filter(|&at| is_open(at)).collect();
            if open.is_empty() {
                continue;
            }
            let hashes = self.hasher.hashes(&columns, row);
            gaps.extend(open.into_iter().filter_map(|measurement| {
                let (value, file) = completions.value(hashes, measurement)?;
                Some(Gap { row, measurement, value, file })
            }));
        }
        gaps
    }

    /// A batch of the lake with its gaps filled. `None` if it has none.
    fn completed(
        &mut self,
        batch: &RecordBatch,
        completions: &Completions,
        counts: &mut [u64],
    ) -> Result<Option<RecordBatch>, arrow::error::ArrowError> {
        let gaps = self.gaps(batch, completions);
        if gaps.is_empty() {
            return Ok(None);
        }
        let facts: HashMap<usize, usize> = gaps.iter().map(|gap| (gap.row, gap.file)).collect();
        facts.into_values().for_each(|file| counts[file] += 1);
        let mut columns = batch.columns().to_vec();
        for (at, name) in self.measurements.iter().enumerate() {
            let of_column = gaps.iter().filter(|gap| gap.measurement == at);
            let values: HashMap<usize, f64> = of_column.map(|gap| (gap.row, gap.value)).collect();
            let (Ok(place), false) = (batch.schema().index_of(name), values.is_empty()) else { continue };
            let kind = self.table.column(name).map(|column| column.kind);
            columns[place] = filled(&columns[place], &values, matches!(kind, Some(ColumnKind::Integer { .. })));
        }
        RecordBatch::try_new(batch.schema(), columns).map(Some)
    }
}

fn numbers(column: &ArrayRef) -> Option<Float64Array> {
    if let Some(whole) = column.as_primitive_opt::<Int64Type>() {
        return Some(whole.iter().map(|value| value.map(|value| value as f64)).collect());
    }
    column.as_primitive_opt::<Float64Type>().cloned()
}

fn filled(column: &ArrayRef, values: &HashMap<usize, f64>, is_whole: bool) -> ArrayRef {
    let Some(old) = numbers(column) else { return Arc::clone(column) };
    let value = |row: usize| values.get(&row).copied().or_else(|| old.is_valid(row).then(|| old.value(row)));
    let rows = 0..old.len();
    if is_whole {
        Arc::new(rows.map(|row| value(row).map(|value| value as i64)).collect::<Int64Array>())
    } else {
        Arc::new(rows.map(value).collect::<Float64Array>())
    }
}
