//! Stage: keeps decoded rows until their whole file is decoded. Uses memory up to a common limit, then temporary files.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use arrow::record_batch::RecordBatch;
use tempfile::{NamedTempFile, TempPath};

use super::error::FileError;
use super::reject::Reject;

/// Memory limit of all files together, and the folder of temporary files.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    used: AtomicUsize,
    limit: usize,
    /// For a preview: the number of rows after which further batches are dropped.
    first_rows: Option<u64>,
    folder: PathBuf,
}

impl MemoryBudget {
    pub(super) fn new(limit: usize, folder: &Path) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit, first_rows: None, folder: folder.to_path_buf() })
    }

    /// Keeps the batches with the first rows only, in memory.
    pub(super) fn of_first_rows(rows: u64) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit: usize::MAX, first_rows: Some(rows), folder: PathBuf::new() })
    }
}

/// Accepted rows of one file, and what could not be read.
#[derive(Debug)]
pub(super) struct Stage {
    /// Accepted rows.
    pub rows: Queue,
    /// Rejected rows.
    pub rejects: RejectQueue,
    /// Values of accepted rows that were set to unknown.
    pub nulled: RejectQueue,
}

/// Rejects in batches of `row`, `column`, `value`, `reason`, `message`.
#[derive(Debug)]
pub(super) struct RejectQueue {
    pub rows: Queue,
    pending: Vec<Reject>,
}

/// Batches in order of arrival.
#[derive(Debug)]
pub(super) struct Queue {
    budget: Arc<MemoryBudget>,
    in_memory: Vec<RecordBatch>,
    bytes: usize,
    spilled: Vec<Spill>,
    rows: u64,
    passes: AtomicUsize,
}

/// A temporary file of batches with the same columns.
struct Spill {
    writer: Option<FileWriter<BufWriter<File>>>,
    path: TempPath,
}

impl std::fmt::Debug for Spill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Spill").field(&self.path).finish()
    }
}

/// Number of rejects per batch.
const REJECTS_PER_BATCH: usize = 8_192;

impl Stage {
    pub(super) fn new(budget: &Arc<MemoryBudget>) -> Self {
        Self { rows: Queue::new(budget), rejects: RejectQueue::new(budget), nulled: RejectQueue::new(budget) }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), FileError> {
        self.rows.push(batch)
    }

    pub(super) fn finish(&mut self) -> Result<(), FileError> {
        self.rejects.finish()?;
        self.nulled.finish()?;
        self.rows.close()
    }
}

impl RejectQueue {
    fn new(budget: &Arc<MemoryBudget>) -> Self {
        Self { rows: Queue::new(budget), pending: Vec::new() }
    }

    pub(super) fn push(&mut self, reject: Reject) -> Result<(), FileError> {
        self.pending.push(reject);
        if self.pending.len() >= REJECTS_PER_BATCH { self.flush() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), FileError> {
        self.flush()?;
        self.rows.close()
    }

    fn flush(&mut self) -> Result<(), FileError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let rejects = std::mem::take(&mut self.pending);
        let text = |value: &dyn Fn(&Reject) -> Option<String>| -> ArrayRef {
            Arc::new(rejects.iter().map(value).collect::<StringArray>())
        };
        let row = |reject: &Reject| i64::try_from(reject.row).unwrap_or(i64::MAX);
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("row", Arc::new(rejects.iter().map(row).collect::<Int64Array>()) as ArrayRef, true),
            ("column", text(&|reject| reject.column.map(str::to_owned)), true),
            ("value", text(&|reject| reject.value.clone()), true),
            ("reason", text(&|reject| Some(reject.reason.code().to_owned())), true),
            ("message", text(&|reject| Some(reject.message.clone().into_owned())), true),
        ])?;
        self.rows.push(batch)
    }
}

impl Queue {
    fn new(budget: &Arc<MemoryBudget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            in_memory: Vec::new(),
            bytes: 0,
            spilled: Vec::new(),
            rows: 0,
            passes: AtomicUsize::new(0),
        }
    }

    fn push(&mut self, batch: RecordBatch) -> Result<(), FileError> {
        let bytes = batch.get_array_memory_size();
        if self.budget.first_rows.is_some_and(|rows| self.rows >= rows) {
            return Ok(());
        }
        self.rows += batch.num_rows() as u64;
        let fits = self.budget.used.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.budget.limit;
        if fits && self.spilled.is_empty() {
            self.bytes += bytes;
            self.in_memory.push(batch);
            return Ok(());
        }
        self.budget.used.fetch_sub(bytes, Ordering::Relaxed);
        self.spill(&batch)
    }

    fn spill(&mut self, batch: &RecordBatch) -> Result<(), FileError> {
        let failed =
            |error: &dyn std::fmt::Display| FileError::Scratch(format!("{error} in {}", self.budget.folder.display()));
        // Sheets of a workbook may have different columns and then need different files.
        let has_same_columns =
            |spill: &Spill| spill.writer.as_ref().is_some_and(|writer| *writer.schema() == batch.schema());
        if !self.spilled.last().is_some_and(has_same_columns) {
            let file = NamedTempFile::new_in(&self.budget.folder).map_err(|error| failed(&error))?;
            let (file, path) = file.into_parts();
            let output = BufWriter::with_capacity(1 << 20, file);
            let writer = FileWriter::try_new(output, &batch.schema()).map_err(|error| failed(&error))?;
            self.spilled.push(Spill { writer: Some(writer), path });
        }
        match self.spilled.last_mut().and_then(|spill| spill.writer.as_mut()) {
            Some(writer) => writer.write(batch).map_err(|error| failed(&error)),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), FileError> {
        for spill in &mut self.spilled {
            if let Some(mut writer) = spill.writer.take() {
                writer.finish().map_err(|error| FileError::Scratch(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Whether there are no rows.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The folder of temporary files.
    pub(super) fn folder(&self) -> PathBuf {
        self.budget.folder.clone()
    }

    /// Number of rows.
    pub(super) fn len(&self) -> u64 {
        self.rows
    }

    /// Number of times that the batches were read.
    pub(super) fn passes(&self) -> usize {
        self.passes.load(Ordering::Relaxed)
    }

    /// The batches. Reads spilled ones from disk.
    pub(super) fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, String>> + Send + '_ {
        self.passes.fetch_add(1, Ordering::Relaxed);
        let spilled = self.spilled.iter().flat_map(|spill| {
            let opened = File::open(&spill.path).map_err(|error| error.to_string()).and_then(|file| {
                FileReader::try_new(BufReader::with_capacity(1 << 20, file), None).map_err(|error| error.to_string())
            });
            let (batches, failed) = match opened {
                Ok(batches) => (Some(batches), None),
                Err(error) => (None, Some(Err(error))),
            };
            let read = batches.into_iter().flatten().map(|batch| batch.map_err(|error| error.to_string()));
            failed.into_iter().chain(read)
        });
        self.in_memory.iter().cloned().map(Ok).chain(spilled)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
