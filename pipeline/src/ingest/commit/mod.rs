//! Compares decoded rows with the lake and commits new ones: one commit per table, or several of bounded size for facts, with
//! one application transaction per file.

mod append_all;
mod chunks;
mod complete;
mod dedup_set;
mod described_ids;
mod erased;
mod fact_hashes;
mod facts;
mod key_filter;
mod key_partitions;
mod keyed;
mod output;
mod rejects;
mod row_keys;
mod sign_ups;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use zhihui_data::tables::Identity;
use zhihui_data::{ErasedIds, Table, Zone};

use super::decode::{Decoded, StagedFile};
use super::events::INBOX;
use super::stage::Queue;
use super::{FileStatus, IngestError};
use crate::lake::{CommitInfo, Lake, LakeTable, raw};
use crate::sql::Versions;
use chunks::Chunks;
use described_ids::DescribedIds;
pub(super) use output::rows_error;

/// Common parameters of all commits of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    /// Id of the run.
    pub id: &'a str,
    /// Time zone of months.
    pub zone: Zone,
    /// The current time.
    pub as_of: DateTime<Utc>,
    /// Erased members.
    pub erased: &'a ErasedIds,
    /// Maximum number of rows in a commit of facts.
    pub commit_rows: u64,
}

/// Relation of a row to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowClass {
    New,
    Replaced,
    Duplicate,
    /// Changes nothing now, but is kept, as the history of a sign-up or for the time of its values. Counted as a duplicate.
    Older,
}

/// Classifies the rows to commit.
trait RowClassifier {
    /// Number of passes over the rows. Each pass keeps a part of the keys in memory.
    fn passes(&self) -> u64;
    /// Maximum number of rows in a commit. Only a classifier with one pass may limit it.
    fn commit_rows(&self) -> u64 {
        u64::MAX
    }
    /// Prepares a pass: reads the keys of the rows from the lake.
    async fn prepare(&mut self, pass: u64, files: &[FileRows<'_>], table: &LakeTable) -> Result<(), IngestError>;
    /// Classifies the rows of a batch. `None` for rows of another pass.
    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError>;
}

/// The rows of one file.
struct FileRows<'a> {
    sha256: &'a str,
    rows: &'a Queue,
}

impl FileRows<'_> {
    fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, IngestError>> + Send + '_ {
        self.rows.batches().map(|batch| batch.map_err(|why| IngestError::Scratch { folder: self.rows.folder(), why }))
    }
}

/// Commits the rows of these files to `table`, and completes their reports. The caller holds the lake lock.
pub(super) async fn commit(
    lake: &Lake,
    run: &Run<'_>,
    table: Table,
    files: &mut [&mut Decoded],
) -> Result<(), IngestError> {
    let mut stored = lake.create(&raw::raw_spec(table)).await?;
    let mut seen = BTreeSet::new();
    let mut new_files: Vec<(&mut Decoded, StagedFile)> = Vec::new();
    for file in files.iter_mut() {
        let Some(staged) = file.staged.take() else { continue };
        let is_ingested = is_done(&stored, &staged.transaction) || !seen.insert(staged.transaction.clone());
        if is_ingested {
            file.report.status = FileStatus::Already;
        } else {
            new_files.push((file, staged));
        }
    }
    if new_files.is_empty() {
        return Ok(());
    }
    rejects::commit(lake, run, &new_files).await?;
    let rows: u64 = new_files.iter().map(|(_, staged)| staged.decoded_rows.stage.rows.len()).sum();
    let described = DescribedIds::read(lake, table).await?;
    match table.identity() {
        Identity::Event { item, time } => {
            let nulled = complete::Nulled::read(lake, table).await?;
            let key = (item, time);
            let before = complete::complete(run, table, key, &mut stored, &file_rows(&new_files), &nulled).await?;
            let classifier = facts::FactClassifier::new(item, time, rows, run.commit_rows);
            write(run, table, &mut stored, &mut new_files, classifier, &described).await?;
            // Facts of one of these files can be complete in another.
            let within = new_files.len() > 1 && new_files.iter().any(|(file, _)| file.report.counts.nulled > 0);
            let after = match within {
                true => complete::complete(run, table, key, &mut stored, &file_rows(&new_files), &nulled).await?,
                false => vec![0; new_files.len()],
            };
            for ((file, _), completed) in new_files.iter_mut().zip(before.iter().zip(&after).map(|(a, b)| a + b)) {
                let counts = &mut file.report.counts;
                let completed = completed.min(counts.duplicates);
                (counts.replaced, counts.duplicates) = (counts.replaced + completed, counts.duplicates - completed);
            }
            Ok(())
        }
        Identity::SignUp if new_files.iter().all(|(_, staged)| staged.transaction.0.starts_with(INBOX)) => {
            write(run, table, &mut stored, &mut new_files, append_all::AppendAll, &described).await
        }
        Identity::SignUp => {
            let classifier = sign_ups::SignUpClassifier::new(rows)?;
            write(run, table, &mut stored, &mut new_files, classifier, &described).await
        }
        Identity::Key(key) => {
            let classifier = keyed::KeyedClassifier::new(table, Versions::with_key(table, key), rows)?;
            write(run, table, &mut stored, &mut new_files, classifier, &described).await
        }
    }
}

fn file_rows<'a>(files: &'a [(&mut Decoded, StagedFile)]) -> Vec<FileRows<'a>> {
    let rows = |(file, staged): &'a (&mut Decoded, StagedFile)| FileRows {
        sha256: file.report.sha256.as_deref().unwrap_or_default(),
        rows: &staged.decoded_rows.stage.rows,
    };
    files.iter().map(rows).collect()
}

async fn write(
    run: &Run<'_>,
    table: Table,
    stored: &mut LakeTable,
    new_files: &mut [(&mut Decoded, StagedFile)],
    mut classifier: impl RowClassifier,
    described: &DescribedIds,
) -> Result<(), IngestError> {
    let mut chunks = Chunks::new(run, table, stored, described, classifier.commit_rows());
    let mut counts = vec![[0_u64; 5]; new_files.len()];
    let passes = classifier.passes();
    for pass in 0..passes {
        let file_rows = file_rows(new_files);
        classifier.prepare(pass, &file_rows, chunks.table()).await?;
        let mut row = 0;
        for ((file_rows, counts), (_, staged)) in file_rows.iter().zip(&mut counts).zip(new_files.iter()) {
            for batch in file_rows.batches() {
                let batch = batch?;
                let first = row;
                row += batch.num_rows() as i64;
                let mut classes = classifier.classify(&batch)?;
                counts[4] += erased::mark_duplicates(run.erased, &batch, &mut classes);
                let mut kept = Vec::with_capacity(classes.len());
                for class in &classes {
                    match class {
                        Some(RowClass::New) => counts[0] += 1,
                        Some(RowClass::Replaced) => counts[1] += 1,
                        Some(RowClass::Duplicate | RowClass::Older) => counts[2] += 1,
                        None => {}
                    }
                    kept.push(matches!(class, Some(RowClass::New | RowClass::Replaced | RowClass::Older)));
                }
                counts[3] += chunks.write(&batch, &kept, file_rows.sha256, first).await?;
            }
            if pass + 1 == passes {
                chunks.finish_file(staged.transaction.clone());
            }
        }
    }
    chunks.finish().await?;
    let read = new_files.iter().map(|(_, staged)| staged.decoded_rows.stage.rows.passes()).max().unwrap_or(0);
    tracing::debug!(table = table.name(), passes = read, "committed");
    for ((file, staged), [new, replaced, duplicates, unresolved, forgotten]) in new_files.iter_mut().zip(counts) {
        let counts = &mut file.report.counts;
        (counts.new, counts.replaced, counts.duplicates) = (new, replaced, duplicates);
        (counts.unresolved, counts.forgotten) = (unresolved, forgotten);
        counts.rows = staged.decoded_rows.rows;
        counts.filtered = staged.decoded_rows.filtered;
        counts.reject_reasons = std::mem::take(&mut staged.decoded_rows.reasons);
        counts.rejected = counts.reject_reasons.values().sum();
        file.report.nulled_values = std::mem::take(&mut staged.decoded_rows.nulled);
        for nulled in &file.report.nulled_values {
            counts.nulled += nulled.values;
            let reasons = counts.nulled_reasons.entry(nulled.column.clone()).or_default();
            reasons.insert(nulled.reason.clone(), nulled.values);
        }
        file.report.status = FileStatus::Ingested;
    }
    Ok(())
}

/// Whether the table has a transaction, or a later one with the same name.
fn is_done(table: &LakeTable, (name, version): &(String, i64)) -> bool {
    table.transaction(name).is_some_and(|latest| latest >= *version)
}

fn info(run: &Run<'_>) -> CommitInfo {
    CommitInfo { operation: "ingest".to_owned(), run_id: run.id.to_owned(), at: run.as_of }
}
