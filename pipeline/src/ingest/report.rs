//! Report of ingest: one entry for each file and table, and totals.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{FileNotes, FileStamp, Note, NulledValues};

/// The result of `ingest`, which is also its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IngestReport {
    /// The run that wrote the rows.
    pub run_id: String,
    /// The files in the order of discovery. A file for several tables has several entries.
    pub files: Vec<FileReport>,
    /// Totals of all files.
    pub totals: Counts,
    /// What was not understood, by groups of similar files.
    pub notes: Vec<FileNotes>,
}

/// Result for a file and a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    /// Path of the file.
    pub path: String,
    /// SHA-256 of its content after decompression. `None` if it was not read completely.
    pub sha256: Option<String>,
    /// The contract table.
    pub table: Option<String>,
    /// The `[[source]]` that maps it, if any.
    pub source: Option<String>,
    /// The result.
    pub status: FileStatus,
    /// Numbers of rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Columns of the file that are not used.
    pub unknown_columns: Vec<String>,
    /// For an unknown column the known header that it most likely means.
    pub similar_columns: BTreeMap<String, String>,
    /// The values behind `nulled`, each column and reason with an example.
    pub nulled_values: Vec<NulledValues>,
    /// What was not read, or was read in a way that the sender may not expect.
    pub notes: Vec<Note>,
    /// Reason for refusing or skipping it, and what to do.
    pub error: Option<String>,
    /// Stamp of the file that was read.
    #[serde(skip)]
    pub stamp: Option<FileStamp>,
}

/// Result for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// The rows, except rejected ones, are in the lake.
    Ingested,
    /// The same content was ingested before. Nothing was added.
    Already,
    /// The file is unusable. Nothing was committed.
    Refused,
    /// The file is not meant for ingest.
    Skipped,
}

/// Numbers of rows: `rows` = `new` + `replaced` + `duplicates` + `rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows read, rejected ones included.
    pub rows: u64,
    /// Rows with a new key or fact.
    pub new: u64,
    /// Rows that replaced an earlier row with the same key, or gave an earlier fact a measurement that had been set to unknown.
    pub replaced: u64,
    /// Rows without new information.
    pub duplicates: u64,
    /// Rows that were stored in `rejects`.
    pub rejected: u64,
    /// Rows that were left out by `where`, and rows with an empty list in `expand`. Not in `rows`.
    pub filtered: u64,
    /// Rejected rows by reason.
    pub reject_reasons: BTreeMap<String, u64>,
    /// Measurements of the other rows, duplicates included, that cannot be read. They are unknown, and stored in `nulled`.
    pub nulled: u64,
    /// These values by column and reason.
    pub nulled_reasons: BTreeMap<String, BTreeMap<String, u64>>,
    /// Added rows with a member or item that is not described yet.
    pub unresolved: u64,
    /// Those of the duplicates that were dropped because their member was erased.
    pub forgotten: u64,
}

impl Counts {
    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.new += other.new;
        self.replaced += other.replaced;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.nulled += other.nulled;
        self.filtered += other.filtered;
        self.unresolved += other.unresolved;
        self.forgotten += other.forgotten;
        for (reason, count) in &other.reject_reasons {
            *self.reject_reasons.entry(reason.clone()).or_default() += count;
        }
        for (column, reasons) in &other.nulled_reasons {
            let own = self.nulled_reasons.entry(column.clone()).or_default();
            for (reason, count) in reasons {
                *own.entry(reason.clone()).or_default() += count;
            }
        }
    }
}

impl IngestReport {
    pub(super) fn new(run_id: String, files: Vec<FileReport>) -> Self {
        let mut totals = Counts::default();
        files.iter().for_each(|file| totals.add(&file.counts));
        let notes = FileNotes::of(&files);
        Self { run_id, files, totals, notes }
    }

    /// Whether a file was refused. The command then ends with exit code 1.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.files.iter().any(|file| file.status == FileStatus::Refused)
    }
}
