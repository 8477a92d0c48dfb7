//! Decodes files in parallel. Does not write to the lake.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhihui_data::Table;

use super::catch_panic::catch_panic;
use super::discover::{Candidate, FileAction};
use super::error::FileError;
use super::in_parallel::in_parallel;
use super::lookup::load_lookups;
use super::plan::Plan;
use super::read::{self, survey};
use super::sink::{DecodedRows, Sink};
use super::stage::{MemoryBudget, Stage};
use super::{Counts, FileReport, FileStamp, FileStatus, IngestError, Progress, Request};
use crate::config::{FileFormat, Source};
use crate::lake::LakeTable;

/// Result of decoding a file.
#[derive(Debug)]
pub(super) struct Decoded {
    pub report: FileReport,
    /// The rows to commit, if any.
    pub staged: Option<StagedFile>,
}

/// The decoded rows of a whole file and the application transaction of their commit.
#[derive(Debug)]
pub(super) struct StagedFile {
    pub table: Table,
    pub transaction: (String, i64),
    pub decoded_rows: DecodedRows,
}

impl Decoded {
    pub(super) fn has_rows_to_commit(&self) -> bool {
        self.staged.is_some()
    }

    pub(super) fn has_rows_for(&self, table: Table) -> bool {
        self.staged.as_ref().is_some_and(|staged| staged.table == table)
    }
}

/// Files with the same table, source and look-up folder share a plan.
type PlanKey = (Table, Option<usize>, PathBuf);

/// Decodes all candidates. Returns the results in their order.
pub(super) fn decode_files(
    candidates: &[Candidate],
    request: &Request,
    tables: &BTreeMap<Table, LakeTable>,
    progress: &dyn Progress,
) -> Result<Vec<Decoded>, IngestError> {
    let mut plans: HashMap<PlanKey, Result<Arc<Plan>, String>> = HashMap::new();
    for candidate in candidates {
        if let FileAction::Read { table, source, .. } = &candidate.action {
            let plan_key = plan_key(*table, source.as_ref(), &candidate.path);
            plans.entry(plan_key.clone()).or_insert_with(|| {
                let common = (request.zone, request.as_of, request.limits);
                load_lookups(source.as_deref(), &plan_key.2, (&request.decoder, request.limits.max_record_bytes))
                    .and_then(|lookups| Plan::new(*table, source.clone(), common, lookups))
                    .map(Arc::new)
                    .map_err(|error| error.to_string())
            });
        }
    }
    let read: Vec<&Candidate> =
        candidates.iter().filter(|candidate| matches!(candidate.action, FileAction::Read { .. })).collect();
    progress.planned(read.len(), read.iter().map(|candidate| candidate.bytes).sum());
    let budget = MemoryBudget::new(request.limits.staging_bytes, &request.scratch);
    let decode_one = |candidate: &Candidate| {
        let mut decoded = Decoded { report: empty_report(&candidate.path), staged: None };
        match &candidate.action {
            FileAction::Skip(why) => decoded.report.error = Some(why.clone()),
            FileAction::Refuse(why) => refuse(&mut decoded.report, why),
            FileAction::Read { table, source, format } => {
                decoded.report.table = Some(table.name().to_owned());
                decoded.report.source = source.as_ref().map(|source| source.name.clone());
                let result = match plans.get(&plan_key(*table, source.as_ref(), &candidate.path)) {
                    Some(Ok(plan)) => {
                        let stored = tables.get(table);
                        decode(&candidate.path, *format, plan, stored, (request, &budget, progress), &mut decoded)
                    }
                    Some(Err(why)) => Err(FileError::Refused(why.clone())),
                    None => Ok(()),
                };
                match result {
                    Err(FileError::Scratch(why)) => {
                        return Err(IngestError::Scratch { folder: request.scratch.clone(), why });
                    }
                    Err(error) => refuse(&mut decoded.report, &error.to_string()),
                    Ok(()) => {}
                }
                let rows = decoded.staged.as_ref().map_or(0, |staged| staged.decoded_rows.rows);
                progress.decoded(&decoded.report.path, candidate.bytes, rows);
            }
        }
        Ok(decoded)
    };
    in_parallel(candidates, decode_one).into_iter().collect()
}

fn plan_key(table: Table, source: Option<&Arc<Source>>, path: &Path) -> PlanKey {
    let folder = match source {
        Some(source) if !source.lookup.is_empty() => path.parent().unwrap_or(Path::new(".")).to_path_buf(),
        _ => PathBuf::new(),
    };
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    (table, source.map(|source| Arc::as_ptr(source).addr()), folder)
}

pub(super) fn empty_report(path: &Path) -> FileReport {
    FileReport {
        path: path.to_string_lossy().into_owned(),
        sha256: None,
        table: None,
        source: None,
        status: FileStatus::Skipped,
        counts: Counts::default(),
        unknown_columns: Vec::new(),
        similar_columns: BTreeMap::new(),
        nulled_values: Vec::new(),
        notes: Vec::new(),
        error: None,
        stamp: None,
    }
}

fn refuse(report: &mut FileReport, why: &str) {
    report.status = FileStatus::Refused;
    report.counts = Counts::default();
    report.error = Some(format!("{}: {why}", report.path));
}

/// Surveys a file and decodes it, unless the table already has its content.
fn decode(
    path: &Path,
    format: FileFormat,
    plan: &Plan,
    stored: Option<&LakeTable>,
    (request, budget, progress): (&Request, &Arc<MemoryBudget>, &dyn Progress),
    decoded: &mut Decoded,
) -> Result<(), FileError> {
    let is_ingested = |sha256: &str| stored.is_some_and(|table| table.transaction(&plan.transaction(sha256)).is_some());
    // Taken before the content is read, so that a later change leads to another stamp.
    let stamp = FileStamp::of(path).map_err(FileError::Io)?;
    let known = std::fs::canonicalize(path).ok().and_then(|path| request.known.get(&path));
    if let Some(known) = known.filter(|known| known.stamp == stamp && is_ingested(&known.sha256)) {
        decoded.report.sha256 = Some(known.sha256.clone());
        decoded.report.stamp = Some(stamp);
        decoded.report.status = FileStatus::Already;
        return Ok(());
    }
    progress.reading(&decoded.report.path);
    let mut survey = survey(path, format)?;
    decoded.report.stamp = Some(stamp);
    decoded.report.sha256 = Some(survey.sha256.clone());
    let transaction = plan.transaction(&survey.sha256);
    if is_ingested(&survey.sha256) {
        decoded.report.status = FileStatus::Already;
        return Ok(());
    }
    let sha256 = survey.sha256.clone();
    let work = || {
        let mut sink = Sink::new(plan, Stage::new(budget)).of_file(path, &sha256);
        read::read(path, &mut survey, &request.decoder, &mut sink)?;
        sink.finish()
    };
    let decoded_rows = catch_panic(work)
        .unwrap_or_else(|| Err(FileError::Refused("is damaged and cannot be decoded; export it again".to_owned())))?;
    decoded.report.unknown_columns.clone_from(&decoded_rows.unknown);
    decoded.report.similar_columns.clone_from(&decoded_rows.similar);
    decoded.report.notes.clone_from(&decoded_rows.notes);
    decoded.staged = Some(StagedFile { table: plan.table, transaction: (transaction, 1), decoded_rows });
    Ok(())
}
