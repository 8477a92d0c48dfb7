//! Port: runs of the pipeline, waiting files and rejected rows. The program implements it, because they are in the lake and
//! the home.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::middleware::problem::{Code, Problem};
use crate::web::locale::Locale;

/// A run of the pipeline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunEntry {
    /// Id of the run.
    pub run_id: String,
    /// Start, seconds since 1970 in UTC.
    pub started_at: i64,
    /// End; `None` while it runs, or if its process was killed.
    pub finished_at: Option<i64>,
    /// The `as_of` of the run.
    pub as_of: i64,
    /// `done`, `refused` or `failed`; `None` while it runs.
    pub outcome: Option<String>,
    /// The published snapshot.
    pub version: Option<String>,
    /// Steps; empty while it runs.
    pub steps: Vec<RunStep>,
    /// Gate result of its model.
    pub gate: Option<RunGate>,
    /// Files it read, at most a few hundred.
    pub files: Vec<RunFile>,
    /// What was not understood in its files.
    pub notes: Vec<FileNotes>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunStep {
    /// `ingest`, `build`, `train`, `publish`, …
    pub step: String,
    /// `done`, `skipped`, `refused` or `failed`.
    pub status: String,
    /// Note on the status.
    #[serde(default)]
    pub why: Option<String>,
    /// Duration in seconds.
    #[serde(default)]
    pub seconds: f64,
    /// Rows produced.
    #[serde(default)]
    pub rows: Option<u64>,
}

/// How the personal model of a run compared with the best popularity baseline.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunGate {
    /// Name of the personal model.
    pub model: String,
    /// The metric.
    pub metric: String,
    /// Mean of the personal model.
    pub value: f64,
    /// Mean of the baseline.
    pub baseline: f64,
    /// 95 % interval of the mean paired difference.
    pub interval: [f64; 2],
    /// Whether the whole interval is above zero.
    pub accepted: bool,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunFile {
    /// Path of the file.
    pub path: String,
    /// SHA-256 of the content.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Table of the data contract.
    #[serde(default)]
    pub table: Option<String>,
    /// `ingested`, `already`, `refused` or `skipped`.
    pub status: String,
    /// Rows read.
    #[serde(default)]
    pub rows: u64,
    /// Rows that were not in the lake before.
    #[serde(default)]
    pub new: u64,
    /// Rejected rows.
    #[serde(default)]
    pub rejected: u64,
    /// Measurements of accepted rows that were set to unknown.
    #[serde(default)]
    pub nulled: u64,
    /// Why it was refused or skipped.
    #[serde(default)]
    pub error: Option<String>,
}

/// Files of one table and source with the same unknown columns, and what was not understood in them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct FileNotes {
    /// Table of the data contract.
    pub table: String,
    /// The `[[source]]` that maps the files, if any.
    pub source: Option<String>,
    /// Number of files.
    pub files: u64,
    /// Path of the first file.
    pub path: String,
    /// Columns that are not used.
    pub unknown_columns: Vec<UnknownColumn>,
    /// Added rows.
    pub added: u64,
    /// Those of the added rows with a member or item that no file has described.
    pub unresolved: u64,
    /// Measurements that were set to unknown.
    pub nulled_values: Vec<NulledValues>,
}

/// A column that is not used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct UnknownColumn {
    /// Its header.
    pub name: String,
    /// The known header that it most likely means.
    pub similar: Option<String>,
    /// Whether it names people, phone numbers or identity numbers, which are never stored.
    pub personal: bool,
}

/// The values of a column that were set to unknown for one reason.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct NulledValues {
    /// The column.
    pub column: String,
    /// Code of the reason.
    pub reason: String,
    /// Number of values.
    pub values: u64,
    /// Row of an example.
    pub row: u64,
    /// The `factor` of a `[[source]]` with which the example would be in range.
    pub factor: Option<f64>,
}

/// Rejected rows and values set to unknown of one file and table by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RejectedFile {
    /// Path of the file.
    pub file: String,
    /// SHA-256 of the content.
    pub sha256: String,
    /// Table of the data contract.
    pub table: String,
    /// The run that read the file.
    pub run_id: String,
    /// Reason code, column and number of rejected rows, most frequent first.
    pub reasons: Vec<(String, String, u64)>,
    /// Reason code, column and number of values set to unknown, most frequent first.
    pub nulled: Vec<(String, String, u64)>,
}

/// A file in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFile {
    /// Name of the file.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Time of arrival, seconds since 1970 in UTC.
    pub came_at: i64,
}

/// A check of the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name of the check.
    pub name: String,
    /// `ok`, `warn` or `fail`.
    pub status: String,
    /// The finding.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
    /// The finding and what to do, in Chinese.
    pub zh: Option<String>,
}

/// Why a job failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JobError {
    /// The requested thing does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Not possible now; the text says why and what to do.
    #[error("{0}")]
    Busy(String),
    /// What was sent cannot be used; the text says why and what to do.
    #[error("{0}")]
    Invalid(String),
    /// The job failed. The text goes to the log, not to the caller.
    #[error("{0}")]
    Failed(String),
}

impl JobError {
    /// The problem of a service that is not connected to a pipeline.
    pub(crate) fn no_pipeline() -> Problem {
        let detail = "this service has no pipeline; use the command line on the server";
        Problem::new(Code::NotFound, detail).worded(Locale::both(|t| t.data_no_pipeline()))
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        match error {
            JobError::NotFound(what) => Self::new(Code::NotFound, what).worded(Locale::both(|t| t.data_gone())),
            JobError::Busy(what) => Self::new(Code::Busy, what).retry_after(5),
            JobError::Invalid(what) => {
                Self::new(Code::InvalidBody, what).worded(Locale::both(|t| t.data_mapping_not_kept()))
            }
            JobError::Failed(what) => {
                tracing::error!(%what, "a job of the data page failed");
                Self::new(Code::Internal, "the request failed; see the log of the service")
            }
        }
    }
}

/// Runs the pipeline and reads its results.
#[async_trait]
pub trait DataJobs: Send + Sync + 'static {
    /// Folder for uploads, or `None` if uploads are not possible.
    fn inbox(&self) -> Option<PathBuf>;

    /// Files in the inbox, newest first.
    ///
    /// # Errors
    /// [`JobError`].
    async fn waiting(&self) -> Result<Vec<WaitingFile>, JobError>;

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// [`JobError`].
    async fn runs(&self, limit: u32) -> Result<Vec<RunEntry>, JobError>;

    /// Starts a run in the background.
    ///
    /// # Errors
    /// [`JobError::Busy`] while another one runs.
    async fn start_run(&self) -> Result<(), JobError>;

    /// Rejected rows and values set to unknown by file, latest first; only those of one run, if given.
    ///
    /// # Errors
    /// [`JobError`].
    async fn rejects(&self, run_id: Option<&str>) -> Result<Vec<RejectedFile>, JobError>;

    /// A workbook with the rejected rows, and those with values set to unknown, of one file and table as they were read, each
    /// with its reason.
    ///
    /// # Errors
    /// [`JobError::NotFound`] if there is no such row.
    async fn error_workbook(&self, sha256: &str, table: &str) -> Result<Vec<u8>, JobError>;

    /// The checks of the home.
    async fn checks(&self) -> Vec<Check>;
}
