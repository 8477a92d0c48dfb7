//! What pages ask of the pipeline: runs, rejected rows, files that wait, files to take away. The program fills the trait,
//! because these lie in the lake and in the home and this crate knows neither.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::audience::AudienceResult;

/// One run of the pipeline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunEntry {
    /// Its id.
    pub run_id: String,
    /// When it began, seconds since 1970 in UTC.
    pub started_at: i64,
    /// When it ended; `None` while it runs, or when its process died.
    pub finished_at: Option<i64>,
    /// The instant whose state it looked at.
    pub as_of: i64,
    /// `done`, `refused` or `failed`; `None` while it runs.
    pub outcome: Option<String>,
    /// The snapshot that it published.
    pub version: Option<String>,
    /// Its steps; empty while it runs.
    pub steps: Vec<RunStep>,
    /// How its model compared with popularity.
    pub gate: Option<RunGate>,
    /// The files it read; at most a few hundred.
    pub files: Vec<RunFile>,
    /// Why it failed.
    pub error: Option<String>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunStep {
    /// `ingest`, `build`, `train`, `publish`, …
    pub step: String,
    /// `done`, `skipped`, `refused` or `failed`.
    pub status: String,
    /// Why.
    #[serde(default)]
    pub why: Option<String>,
    /// How long it took.
    #[serde(default)]
    pub seconds: f64,
    /// Rows it made.
    #[serde(default)]
    pub rows: Option<u64>,
}

/// How a run's model compared with popularity.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunGate {
    /// The personal model.
    pub model: String,
    /// What was compared.
    pub metric: String,
    /// The personal model's mean.
    pub value: f64,
    /// Popularity's mean.
    pub baseline: f64,
    /// 95 % interval of the mean paired difference.
    pub interval: [f64; 2],
    /// Whether the interval lies above zero.
    pub accepted: bool,
}

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunFile {
    /// Its path as found.
    pub path: String,
    /// SHA-256 of its content.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The contract table.
    #[serde(default)]
    pub table: Option<String>,
    /// `ingested`, `already`, `refused` or `skipped`.
    pub status: String,
    /// Rows read.
    #[serde(default)]
    pub rows: u64,
    /// Rows that were not there before.
    #[serde(default)]
    pub new: u64,
    /// Rows that cannot be used.
    #[serde(default)]
    pub rejected: u64,
    /// Why it was refused or skipped.
    #[serde(default)]
    pub error: Option<String>,
}

/// Rejected rows of one file and table, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RejectedFile {
    /// Path of the file as found.
    pub file: String,
    /// SHA-256 of its content.
    pub sha256: String,
    /// The contract table.
    pub table: String,
    /// The run that read it.
    pub run_id: String,
    /// Code of the reason, column, and number of rows; most frequent first.
    pub reasons: Vec<(String, String, u64)>,
}

/// A file that lies in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFile {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it came, seconds since 1970 in UTC.
    pub came_at: i64,
}

/// One check of the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// `ok`, `warn` or `fail`.
    pub status: String,
    /// What was found.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
    /// What was found, as a Chinese sentence.
    pub zh: Option<String>,
}

/// Which form a list file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// Comma-separated, with a byte order mark.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Why the pipeline's side could not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorkshopError {
    /// There is nothing of this name.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be done now; the text says why and what to do.
    #[error("{0}")]
    Busy(String),
    /// It failed; the text goes to the log, not to the caller.
    #[error("{0}")]
    Failed(String),
}

/// The pipeline's side of the pages.
#[async_trait]
pub trait Workshop: Send + Sync + 'static {
    /// The folder into which uploads go; `None` where nothing can be uploaded.
    fn inbox(&self) -> Option<PathBuf>;

    /// Files that lie in the inbox, newest first.
    ///
    /// # Errors
    /// [`WorkshopError`].
    async fn waiting(&self) -> Result<Vec<WaitingFile>, WorkshopError>;

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// [`WorkshopError`].
    async fn runs(&self, limit: u32) -> Result<Vec<RunEntry>, WorkshopError>;

    /// Begins a run on what lies in the inbox; it goes on by itself.
    ///
    /// # Errors
    /// [`WorkshopError::Busy`] while another one runs.
    async fn start_run(&self) -> Result<(), WorkshopError>;

    /// Rejected rows by file, latest first; of one run where an id is given.
    ///
    /// # Errors
    /// [`WorkshopError`].
    async fn rejects(&self, run_id: Option<&str>) -> Result<Vec<RejectedFile>, WorkshopError>;

    /// A workbook of the rejected rows of one file in one table, as they stood there, with what is wrong beside each.
    ///
    /// # Errors
    /// [`WorkshopError::NotFound`] where nothing of that file was rejected.
    async fn error_workbook(&self, sha256: &str, table: &str) -> Result<Vec<u8>, WorkshopError>;

    /// The state of the home.
    async fn checks(&self) -> Vec<Check>;

    /// The list file of an audience, the arm `push` only.
    ///
    /// # Errors
    /// [`WorkshopError`] where the form cannot hold it.
    fn list_file(
        &self,
        snapshot: &Snapshot,
        audience: &AudienceResult,
        format: ListFormat,
    ) -> Result<Vec<u8>, WorkshopError>;
}
