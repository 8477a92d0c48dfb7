//! Compares decoded rows with the lake and commits what is new: one commit for a table and batch (facts: one for every so
//! many rows), with one application transaction for each file.

mod all;
mod chunks;
mod erased;
mod fact_set;
mod facts;
mod key_filter;
mod key_spool;
mod keyed;
mod known;
mod output;
mod rejects;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use zhihui_data::tables::Identity;
use zhihui_data::{ErasedIds, Table, Zone};

use super::decode::{Decoded, Waiting};
use super::events::INBOX;
use super::stage::Queue;
use super::{FileStatus, IngestError};
use crate::lake::{CommitInfo, Lake, LakeTable, raw};
use chunks::Chunks;
use known::Known;
pub(super) use output::unfit;

/// What all commits of a run have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    /// Names the run.
    pub id: &'a str,
    /// The zone of months.
    pub zone: Zone,
    /// Now.
    pub as_of: DateTime<Utc>,
    /// Who was erased.
    pub forgotten: &'a ErasedIds,
    /// Most rows of a commit of facts.
    pub commit_rows: u64,
}

/// What a row is to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    New,
    Replaced,
    Duplicate,
    /// Older than the row that stands: it changes nothing that is current and is counted as a duplicate, but kept as history.
    Older,
}

/// Tells for every row of a batch, in order, what it is. `None`: the row belongs to another pass.
trait Judge {
    /// Passes over the rows; each keeps a part of them in memory.
    fn passes(&self) -> u64;
    /// Most rows of a commit; only a judge of one pass may bound them.
    fn commit_rows(&self) -> u64 {
        u64::MAX
    }
    /// Makes ready for a pass: reads what the lake has of the rows' keys.
    async fn prepare(&mut self, pass: u64, files: &[Staged<'_>], table: &LakeTable) -> Result<(), IngestError>;
    /// The rows' verdicts.
    fn judge(&mut self, batch: &RecordBatch) -> Result<Vec<Option<Verdict>>, IngestError>;
}

/// The rows of one file.
struct Staged<'a> {
    sha256: &'a str,
    rows: &'a Queue,
}

impl Staged<'_> {
    fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, IngestError>> + Send + '_ {
        self.rows.batches().map(|batch| batch.map_err(|why| IngestError::Scratch { folder: self.rows.folder(), why }))
    }
}

/// Commits the rows of these files, whose table is `table`; their reports are completed. The lake's lock is held.
pub(super) async fn commit(
    lake: &Lake,
    run: &Run<'_>,
    table: Table,
    files: &mut [&mut Decoded],
) -> Result<(), IngestError> {
    let mut stored = lake.create(&raw::raw_spec(table)).await?;
    let mut seen = BTreeSet::new();
    let mut fresh: Vec<(&mut Decoded, Waiting)> = Vec::new();
    for file in files.iter_mut() {
        let Some(waiting) = file.waiting.take() else { continue };
        let known = is_done(&stored, &waiting.transaction) || !seen.insert(waiting.transaction.clone());
        if known {
            file.report.status = FileStatus::Already;
        } else {
            fresh.push((file, waiting));
        }
    }
    if fresh.is_empty() {
        return Ok(());
    }
    rejects::commit(lake, run, &fresh).await?;
    let rows: u64 = fresh.iter().map(|(_, waiting)| waiting.gathered.stage.rows.len()).sum();
    let known = Known::read(lake, table).await?;
    match table.identity() {
        Identity::Event { item, time } => {
            let judge = facts::Facts::new(item, time, rows, run.commit_rows);
            write(run, table, &mut stored, &mut fresh, judge, &known).await
        }
        Identity::SignUp if fresh.iter().all(|(_, waiting)| waiting.transaction.0.starts_with(INBOX)) => {
            write(run, table, &mut stored, &mut fresh, all::All, &known).await
        }
        Identity::Key(_) | Identity::SignUp => {
            let judge = keyed::Keyed::new(table, rows)?;
            write(run, table, &mut stored, &mut fresh, judge, &known).await
        }
    }
}

async fn write(
    run: &Run<'_>,
    table: Table,
    stored: &mut LakeTable,
    fresh: &mut [(&mut Decoded, Waiting)],
    mut judge: impl Judge,
    known: &Known,
) -> Result<(), IngestError> {
    let mut chunks = Chunks::new(run, table, stored, known, judge.commit_rows());
    let mut counts = vec![[0_u64; 5]; fresh.len()];
    let passes = judge.passes();
    for pass in 0..passes {
        let staged: Vec<Staged<'_>> = fresh
            .iter()
            .map(|(file, waiting)| Staged {
                sha256: file.report.sha256.as_deref().unwrap_or_default(),
                rows: &waiting.gathered.stage.rows,
            })
            .collect();
        judge.prepare(pass, &staged, chunks.table()).await?;
        let mut row = 0;
        for ((staged, counts), (_, waiting)) in staged.iter().zip(&mut counts).zip(fresh.iter()) {
            for batch in staged.batches() {
                let batch = batch?;
                let first = row;
                row += batch.num_rows() as i64;
                let mut verdicts = judge.judge(&batch)?;
                counts[4] += erased::drop(run.forgotten, &batch, &mut verdicts);
                let mut kept = Vec::with_capacity(verdicts.len());
                for verdict in &verdicts {
                    match verdict {
                        Some(Verdict::New) => counts[0] += 1,
                        Some(Verdict::Replaced) => counts[1] += 1,
                        Some(Verdict::Duplicate | Verdict::Older) => counts[2] += 1,
                        None => {}
                    }
                    kept.push(matches!(verdict, Some(Verdict::New | Verdict::Replaced | Verdict::Older)));
                }
                counts[3] += chunks.write(&batch, &kept, staged.sha256, first).await?;
            }
            if pass + 1 == passes {
                chunks.file_ends(waiting.transaction.clone());
            }
        }
    }
    chunks.finish().await?;
    let read = fresh.iter().map(|(_, waiting)| waiting.gathered.stage.rows.passes()).max().unwrap_or(0);
    tracing::debug!(table = table.name(), passes = read, "committed");
    for ((file, waiting), [new, replaced, duplicates, unresolved, forgotten]) in fresh.iter_mut().zip(counts) {
        let counts = &mut file.report.counts;
        (counts.new, counts.replaced, counts.duplicates) = (new, replaced, duplicates);
        (counts.unresolved, counts.forgotten) = (unresolved, forgotten);
        counts.rows = waiting.gathered.rows;
        counts.reject_reasons = std::mem::take(&mut waiting.gathered.reasons);
        counts.rejected = counts.reject_reasons.values().sum();
        file.report.status = FileStatus::Ingested;
    }
    Ok(())
}

/// Whether a transaction, or a later one of its name, is in the table.
fn is_done(table: &LakeTable, (name, version): &(String, i64)) -> bool {
    table.transaction(name).is_some_and(|done| done >= *version)
}

fn info(run: &Run<'_>) -> CommitInfo {
    CommitInfo { operation: "ingest".to_owned(), run_id: run.id.to_owned(), at: run.as_of }
}
