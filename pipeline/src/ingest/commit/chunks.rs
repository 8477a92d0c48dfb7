//! Writes accepted rows in commits of bounded size. A file's transaction is part of the commit with its last row. If a run ends
//! earlier, the file is ingested again, and its first rows are duplicates.

use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;

use super::super::IngestError;
use super::described_ids::DescribedIds;
use super::output::{Output, rows_error};
use super::{Run, info};
use crate::lake::{CommitMode, LakeTable};
use zhihui_data::Table;

pub(super) struct Chunks<'a> {
    run: &'a Run<'a>,
    table: Table,
    stored: &'a mut LakeTable,
    described: &'a DescribedIds,
    /// Maximum number of rows of a commit.
    limit: u64,
    output: Output,
    /// Number of rows since the last commit.
    rows: u64,
    transactions: Vec<(String, i64)>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(
        run: &'a Run<'a>,
        table: Table,
        stored: &'a mut LakeTable,
        described: &'a DescribedIds,
        limit: u64,
    ) -> Self {
        let output = Output::new(table, run.zone, stored);
        Self { run, table, stored, described, limit, output, rows: 0, transactions: Vec::new() }
    }

    /// The table as of the last commit.
    pub(super) fn table(&self) -> &LakeTable {
        self.stored
    }

    /// Writes the rows that `kept` marks, and returns how many of them are unresolved. `first` is the number of the batch's first
    /// row.
    pub(super) async fn write(
        &mut self,
        batch: &RecordBatch,
        kept: &[bool],
        sha256: &str,
        first: i64,
    ) -> Result<u64, IngestError> {
        let (mut from, mut unresolved) = (0, 0);
        while from < kept.len() {
            let (to, rows) = self.rows_that_fit(kept, from);
            let part = self.output.with_origin(&batch.slice(from, to - from), sha256, first + from as i64)?;
            let mask = &kept[from..to];
            let part = if rows == mask.len() as u64 {
                part
            } else {
                filter_record_batch(&part, &mask.to_vec().into()).map_err(rows_error(self.table))?
            };
            unresolved += self.described.unresolved(&part);
            self.output.write(part).await;
            self.rows += rows;
            from = to;
            if from < kept.len() && kept[from..].contains(&true) {
                self.commit().await?;
            }
        }
        Ok(unresolved)
    }

    /// Finishes a file after its last row.
    pub(super) fn finish_file(&mut self, transaction: (String, i64)) {
        self.transactions.push(transaction);
    }

    /// Commits the remaining rows.
    pub(super) async fn finish(mut self) -> Result<(), IngestError> {
        self.commit().await
    }

    /// Returns the end of the rows from `from` on that fit into the current commit, and how many of them are kept.
    fn rows_that_fit(&self, kept: &[bool], from: usize) -> (usize, u64) {
        let max_rows = self.limit.saturating_sub(self.rows);
        let mut rows = 0;
        for (at, &is_kept) in kept.iter().enumerate().skip(from) {
            if is_kept && rows == max_rows {
                return (at, rows);
            }
            rows += u64::from(is_kept);
        }
        (kept.len(), rows)
    }

    async fn commit(&mut self) -> Result<(), IngestError> {
        let written = self.output.finish().await?;
        let transactions = std::mem::take(&mut self.transactions);
        self.stored.commit(written, CommitMode::Append, transactions, info(self.run)).await?;
        self.output = Output::new(self.table, self.run.zone, self.stored);
        self.rows = 0;
        Ok(())
    }
}
