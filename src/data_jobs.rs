//! Implements the data jobs of the service on the lake of one home: runs, rejected rows, waiting files and checks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use serde::Deserialize;
use zhihui_api::{
    Check, DataJobs, FileNotes, JobError, RejectedFile, RunEntry, RunFile, RunGate, RunStep, WaitingFile,
};
use zhihui_data::Table;
use zhihui_pipeline::export;
use zhihui_pipeline::ingest;
use zhihui_pipeline::run_history::Run;
use zhihui_pipeline::sql::{self, QueryLimits, QueryResult};

use crate::child_run;
use crate::commands::doctor;
use crate::home::Home;
use crate::lake_runtime::run_on_lake_threads;
use crate::output::print_message;
use crate::{rejects, steps};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(20), rows: 200_000 };

/// The pipeline of one home.
pub(crate) struct LakeJobs {
    home: Arc<Home>,
    running: Arc<AtomicBool>,
}

impl std::fmt::Debug for LakeJobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeJobs").field("home", &self.home).finish_non_exhaustive()
    }
}

/// The parts of a run's JSON that the pages show.
#[derive(Default, Deserialize)]
struct RunDetails {
    #[serde(default)]
    steps: Vec<RunStep>,
    #[serde(default)]
    gate: Option<RunGate>,
    #[serde(default)]
    files: Vec<RunFile>,
    #[serde(default)]
    notes: Vec<FileNotes>,
    #[serde(default)]
    error: Option<String>,
}

impl LakeJobs {
    pub(crate) fn new(home: Arc<Home>) -> Self {
        Self { home, running: Arc::default() }
    }

    async fn query(&self, statement: String) -> Result<QueryResult, JobError> {
        let home = Arc::clone(&self.home);
        let query = async move {
            let lake = home.lake().await?;
            let session = sql::session(&lake, &home.limits(), None).await?;
            Ok(sql::query(&session, &statement, LIMITS).await?)
        };
        let answer: anyhow::Result<QueryResult> = run_on_lake_threads(query).await.and_then(|answer| answer);
        answer.map_err(failed)
    }

    /// Waits up to two seconds until the new run is recorded, so that the next page shows it.
    async fn wait_until_recorded(&self) {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let is_there = self.runs(1).await.is_ok_and(|runs| runs.iter().any(|run| run.finished_at.is_none()));
            if is_there || !self.running.load(Ordering::SeqCst) {
                return;
            }
        }
    }
}

/// Returns the paths at which a file may be: as recorded, in the inbox, or among ingested files.
fn candidate_paths(home: &Home, file: &str) -> Vec<PathBuf> {
    let found = PathBuf::from(file);
    let folders = [home.inbox(), home.done()];
    let named = found.file_name().map(|name| folders.map(|folder| folder.join(name)));
    std::iter::once(found.clone()).chain(named.into_iter().flatten()).collect()
}

fn originals(
    home: &Home,
    file: &str,
    sha256: &str,
    table: Table,
    row_numbers: &BTreeSet<u64>,
) -> Option<ingest::OriginalRows> {
    let request = steps::ingest_request(home, &[], None, "errors").ok()?;
    let decoding = (&request.decoder, &request.limits);
    candidate_paths(home, file).iter().find_map(|path: &PathBuf| {
        ingest::original_rows(path, sha256, (table, &home.config.sources), decoding, row_numbers).unwrap_or_else(
            |why| {
                print_message(&format!("cannot read the original rows of an error workbook: {why}"));
                None
            },
        )
    })
}

fn failed(error: impl std::fmt::Display) -> JobError {
    JobError::Failed(format!("{error:#}"))
}

fn entry(run: Run) -> RunEntry {
    let details: RunDetails = serde_json::from_str(&run.result).unwrap_or_default();
    RunEntry {
        run_id: run.run_id,
        started_at: run.started_at,
        finished_at: run.finished_at,
        as_of: run.as_of,
        outcome: run.outcome,
        version: run.version,
        steps: details.steps,
        gate: details.gate,
        files: details.files,
        notes: details.notes,
        error: details.error,
    }
}

fn waiting(inbox: &Path) -> std::io::Result<Vec<WaitingFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(inbox)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !metadata.is_file() || name.starts_with('.') {
            continue;
        }
        let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        files.push(WaitingFile { name, bytes: metadata.len(), came_at: modified.as_secs() as i64 });
    }
    files.sort_by(|left, right| right.came_at.cmp(&left.came_at).then_with(|| left.name.cmp(&right.name)));
    Ok(files)
}

#[async_trait]
impl DataJobs for LakeJobs {
    fn inbox(&self) -> Option<PathBuf> {
        Some(self.home.inbox())
    }

    async fn waiting(&self) -> Result<Vec<WaitingFile>, JobError> {
        let inbox = self.home.inbox();
        tokio::task::spawn_blocking(move || waiting(&inbox)).await.map_err(failed)?.map_err(failed)
    }

    async fn runs(&self, limit: u32) -> Result<Vec<RunEntry>, JobError> {
        let journal = self.home.journal().await.map_err(failed)?;
        let runs = journal.latest(limit).await.map_err(failed)?;
        Ok(runs.into_iter().map(entry).collect())
    }

    async fn start_run(&self) -> Result<(), JobError> {
        let busy = || JobError::Busy("another run is in progress; wait for it to end".into());
        // Another process may be running. The run itself takes the lock again.
        drop(self.home.run_lock().map_err(|_| busy())?);
        if self.running.swap(true, Ordering::SeqCst) {
            return Err(busy());
        }
        let child = child_run::spawn(&self.home, None, false);
        let mut run = child.inspect_err(|_| self.running.store(false, Ordering::SeqCst)).map_err(failed)?;
        let running = Arc::clone(&self.running);
        tokio::spawn(async move {
            match run.wait().await {
                Ok(ended) if ended.success() => {}
                Ok(ended) => print_message(&format!("a run started on the pages ended with {ended}; see /data")),
                Err(error) => print_message(&format!("cannot wait for a run started on the pages: {error}")),
            }
            running.store(false, Ordering::SeqCst);
        });
        self.wait_until_recorded().await;
        Ok(())
    }

    async fn rejects(&self, run_id: Option<&str>) -> Result<Vec<RejectedFile>, JobError> {
        // A run id has letters, digits and dashes. Any other text matches no run.
        let only = match run_id {
            Some(id) if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
                format!("where run_id = '{id}'")
            }
            Some(_) => return Ok(Vec::new()),
            None => String::new(),
        };
        let rows = self.query(rejects::groups(&only)).await?.rows;
        Ok(rejects::files(&rows))
    }

    async fn error_workbook(&self, sha256: &str, table: &str) -> Result<Vec<u8>, JobError> {
        let nothing = || JobError::NotFound("no rejected row of this file".into());
        let named = Table::named(table).ok_or_else(nothing)?;
        if !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(nothing());
        }
        let found = self.query(rejects::rows(sha256, named)).await?.rows;
        let file = rejects::file(&found).ok_or_else(nothing)?;
        let listed = rejects::mistakes(&found);
        let all = rejects::number(&self.query(rejects::count(sha256, named)).await?.rows);
        let more = all.saturating_sub(found.len() as u64);
        let row_numbers: BTreeSet<u64> = listed.iter().map(|reject| reject.row).collect();
        let (home, sha256) = (Arc::clone(&self.home), sha256.to_owned());
        let workbook = tokio::task::spawn_blocking(move || {
            let originals = originals(&home, &file, &sha256, named, &row_numbers);
            let listed = rejects::with_headers(listed, originals.as_ref(), named);
            export::error_workbook(&listed, originals.as_ref(), more)
        });
        workbook.await.map_err(failed)?.map_err(failed)
    }

    async fn checks(&self) -> Vec<Check> {
        let convert = |check: &doctor::Check| Check {
            name: check.name.to_owned(),
            status: check.status.to_owned(),
            message: check.message.clone(),
            remedy: check.remedy.map(str::to_owned),
            zh: check.zh.clone(),
        };
        let mut checks = vec![convert(&doctor::database(&self.home).await), convert(&doctor::disk(&self.home))];
        checks.extend(doctor::data(&self.home).await.iter().map(convert));
        checks
    }
}
