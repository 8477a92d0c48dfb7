//! Decodes the files in parallel; nothing here touches the lake.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use zhihui_data::Table;

use super::discover::{Candidate, Intent};
use super::error::FileError;
use super::plan::Plan;
use super::read::{self, survey};
use super::sink::{Gathered, Sink};
use super::stage::{Room, Stage};
use super::{Counts, FileReport, FileStatus, IngestError, Progress, Request};
use crate::config::{FileFormat, Source};
use crate::lake::LakeTable;

/// A file after decoding.
#[derive(Debug)]
pub(super) struct Decoded {
    pub report: FileReport,
    /// What waits to be committed.
    pub waiting: Option<Waiting>,
}

/// The rows of a whole file, and the transaction under which they enter the table.
#[derive(Debug)]
pub(super) struct Waiting {
    pub table: Table,
    pub transaction: String,
    pub gathered: Gathered,
}

impl Decoded {
    pub(super) fn has_rows_to_commit(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn waits_for(&self, table: Table) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.table == table)
    }
}

type Way = (Table, Option<usize>, PathBuf);

/// Decodes every candidate, in the order given.
pub(super) fn all(
    candidates: Vec<Candidate>,
    request: &Request,
    tables: &BTreeMap<Table, LakeTable>,
    progress: &dyn Progress,
) -> Result<Vec<Decoded>, IngestError> {
    let mut plans: HashMap<Way, Result<Arc<Plan>, String>> = HashMap::new();
    for candidate in &candidates {
        if let Intent::Read { table, source, .. } = &candidate.intent {
            let way = way(*table, source.as_ref(), &candidate.path);
            plans.entry(way.clone()).or_insert_with(|| {
                let common = (request.zone, request.as_of, request.limits);
                Plan::new(*table, source.clone(), common, &way.2).map(Arc::new).map_err(|error| error.to_string())
            });
        }
    }
    let read: Vec<&Candidate> =
        candidates.iter().filter(|candidate| matches!(candidate.intent, Intent::Read { .. })).collect();
    progress.planned(read.len(), read.iter().map(|candidate| candidate.bytes).sum());
    let room = Room::new(request.limits.staging_bytes, &request.scratch);
    let one = |candidate: &Candidate| {
        let mut decoded = Decoded { report: blank(&candidate.path), waiting: None };
        match &candidate.intent {
            Intent::Skip(why) => decoded.report.error = Some(why.clone()),
            Intent::Refuse(why) => refuse(&mut decoded.report, why.clone()),
            Intent::Read { table, source, format } => {
                decoded.report.table = Some(table.name().to_owned());
                decoded.report.source = source.as_ref().map(|source| source.name.clone());
                let result = match plans.get(&way(*table, source.as_ref(), &candidate.path)) {
                    Some(Ok(plan)) => {
                        let known = tables.get(table);
                        decode(&candidate.path, *format, plan, known, request, &room, &mut decoded)
                    }
                    Some(Err(why)) => Err(FileError::Refused(why.clone())),
                    None => Ok(()),
                };
                match result {
                    Err(FileError::Scratch(why)) => {
                        return Err(IngestError::Scratch { folder: request.scratch.clone(), why });
                    }
                    Err(error) => refuse(&mut decoded.report, error.to_string()),
                    Ok(()) => {}
                }
                let rows = decoded.waiting.as_ref().map_or(0, |waiting| waiting.gathered.rows);
                progress.decoded(&decoded.report.path, candidate.bytes, rows);
            }
        }
        Ok(decoded)
    };
    candidates.par_iter().map(one).collect()
}

fn way(table: Table, source: Option<&Arc<Source>>, path: &Path) -> Way {
    let folder = match source {
        Some(source) if !source.lookup.is_empty() => path.parent().unwrap_or(Path::new(".")).to_path_buf(),
        _ => PathBuf::new(),
    };
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    (table, source.map(|source| Arc::as_ptr(source).addr()), folder)
}

fn blank(path: &Path) -> FileReport {
    FileReport {
        path: path.to_string_lossy().into_owned(),
        sha256: None,
        table: None,
        source: None,
        status: FileStatus::Skipped,
        counts: Counts::default(),
        unknown_columns: Vec::new(),
        error: None,
    }
}

fn refuse(report: &mut FileReport, why: String) {
    report.status = FileStatus::Refused;
    report.counts = Counts::default();
    report.error = Some(format!("{}: {why}", report.path));
}

/// Surveys a file and, unless the table has it already, decodes it whole.
fn decode(
    path: &Path,
    format: FileFormat,
    plan: &Plan,
    known: Option<&LakeTable>,
    request: &Request,
    room: &Arc<Room>,
    decoded: &mut Decoded,
) -> Result<(), FileError> {
    let mut survey = survey(path, format)?;
    decoded.report.sha256 = Some(survey.sha256.clone());
    let transaction = plan.transaction(&survey.sha256);
    if known.is_some_and(|table| table.transaction(&transaction).is_some()) {
        decoded.report.status = FileStatus::Already;
        return Ok(());
    }
    let work = || {
        let mut sink = Sink::new(plan, Stage::new(room));
        read::read(path, &mut survey, &request.decoder, &mut sink)?;
        sink.finish()
    };
    // Decoders of binary formats may panic on damaged files; that must cost the file and not the run.
    let gathered = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(FileError::Refused("cannot be decoded: it is damaged; write or export it again".to_owned()))
    })?;
    decoded.report.unknown_columns.clone_from(&gathered.unknown);
    decoded.waiting = Some(Waiting { table: plan.table, transaction, gathered });
    Ok(())
}
