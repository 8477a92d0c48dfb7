//! What ingest tells: one entry for each file and table it went to, and the sums.

use std::collections::BTreeMap;

use serde::Serialize;

use super::FileMark;

/// The result of `ingest`, in the form of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IngestReport {
    /// The run that wrote the rows.
    pub run_id: String,
    /// The files in the order in which they were found; a file that fits several tables has an entry for each.
    pub files: Vec<FileReport>,
    /// Sums over all files.
    pub totals: Counts,
}

/// What became of one file in one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    /// Its path as found.
    pub path: String,
    /// SHA-256 of its content, of text after decompression; missing for a file that was not read to its end.
    pub sha256: Option<String>,
    /// The contract table.
    pub table: Option<String>,
    /// The `[[source]]` that maps it; missing where the contract's own names do.
    pub source: Option<String>,
    /// What became of it.
    pub status: FileStatus,
    /// Its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Columns of the file that nothing uses.
    pub unknown_columns: Vec<String>,
    /// Why it was refused or skipped, and what to do.
    pub error: Option<String>,
    /// Size and times of the file that was read.
    #[serde(skip)]
    pub mark: Option<FileMark>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// Its rows are in the lake, rejected ones aside.
    Ingested,
    /// The same content went into the same table before: nothing was added.
    Already,
    /// It cannot be used, and nothing of it was committed.
    Refused,
    /// It is not for ingest.
    Skipped,
}

/// Numbers of rows: `rows` = `new` + `replaced` + `duplicates` + `rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows read, rejected ones included.
    pub rows: u64,
    /// Rows whose key or fact was not there.
    pub new: u64,
    /// Rows that replaced an earlier row of their key.
    pub replaced: u64,
    /// Rows that say nothing new.
    pub duplicates: u64,
    /// Rows that went to `rejects`.
    pub rejected: u64,
    /// Rejected rows by reason.
    pub reject_reasons: BTreeMap<String, u64>,
    /// Rows added that name a member or an item which no other file has described yet.
    pub unresolved: u64,
    /// Rows among the duplicates that name a member who was erased, and were dropped for it.
    pub forgotten: u64,
}

impl Counts {
    /// Adds the numbers of another count.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.new += other.new;
        self.replaced += other.replaced;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.unresolved += other.unresolved;
        self.forgotten += other.forgotten;
        for (reason, count) in &other.reject_reasons {
            *self.reject_reasons.entry(reason.clone()).or_default() += count;
        }
    }
}

impl IngestReport {
    pub(super) fn new(run_id: String, files: Vec<FileReport>) -> Self {
        let mut totals = Counts::default();
        files.iter().for_each(|file| totals.add(&file.counts));
        Self { run_id, files, totals }
    }

    /// Whether a file was refused: the command then ends with exit code 1.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.files.iter().any(|file| file.status == FileStatus::Refused)
    }
}
