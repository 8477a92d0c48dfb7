//! Decodes the files in parallel; nothing here touches the lake.

use std::collections::{BTreeMap, HashMap};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zhihui_data::Table;

use super::contained::contained;
use super::discover::{Candidate, Intent};
use super::error::FileError;
use super::plan::Plan;
use super::read::{self, survey};
use super::sink::{Gathered, Sink};
use super::stage::{Room, Stage};
use super::{Counts, FileMark, FileReport, FileStatus, IngestError, Progress, Request};
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
    pub transaction: (String, i64),
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
    candidates: &[Candidate],
    request: &Request,
    tables: &BTreeMap<Table, LakeTable>,
    progress: &dyn Progress,
) -> Result<Vec<Decoded>, IngestError> {
    let mut plans: HashMap<Way, Result<Arc<Plan>, String>> = HashMap::new();
    for candidate in candidates {
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
            Intent::Refuse(why) => refuse(&mut decoded.report, why),
            Intent::Read { table, source, format } => {
                decoded.report.table = Some(table.name().to_owned());
                decoded.report.source = source.as_ref().map(|source| source.name.clone());
                let result = match plans.get(&way(*table, source.as_ref(), &candidate.path)) {
                    Some(Ok(plan)) => {
                        let known = tables.get(table);
                        decode(&candidate.path, *format, plan, known, (request, &room, progress), &mut decoded)
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
                let rows = decoded.waiting.as_ref().map_or(0, |waiting| waiting.gathered.rows);
                progress.decoded(&decoded.report.path, candidate.bytes, rows);
            }
        }
        Ok(decoded)
    };
    in_parallel(candidates, one).into_iter().collect()
}

/// Does a thing for every element on as many threads as there are processors, and gives the results in their order.
///
/// Plain threads, not rayon's: while polars works for a rayon thread, that thread would begin further files on top of the
/// one it is in, until its stack is full.
fn in_parallel<T: Sync, R: Send>(elements: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let Some((at, element)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, elements.get(at)?)))
        {
            done.push((at, work(element)));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(elements.len());
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn way(table: Table, source: Option<&Arc<Source>>, path: &Path) -> Way {
    let folder = match source {
        Some(source) if !source.lookup.is_empty() => path.parent().unwrap_or(Path::new(".")).to_path_buf(),
        _ => PathBuf::new(),
    };
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    (table, source.map(|source| Arc::as_ptr(source).addr()), folder)
}

pub(super) fn blank(path: &Path) -> FileReport {
    FileReport {
        path: path.to_string_lossy().into_owned(),
        sha256: None,
        table: None,
        source: None,
        status: FileStatus::Skipped,
        counts: Counts::default(),
        unknown_columns: Vec::new(),
        error: None,
        mark: None,
    }
}

fn refuse(report: &mut FileReport, why: &str) {
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
    (request, room, progress): (&Request, &Arc<Room>, &dyn Progress),
    decoded: &mut Decoded,
) -> Result<(), FileError> {
    let is_there = |sha256: &str| known.is_some_and(|table| table.transaction(&plan.transaction(sha256)).is_some());
    // Taken before the content is read: a change in between gives another mark later.
    let mark = FileMark::of(path).map_err(FileError::Io)?;
    let before = std::fs::canonicalize(path).ok().and_then(|path| request.known.get(&path));
    if let Some(before) = before.filter(|before| before.mark == mark && is_there(&before.sha256)) {
        decoded.report.sha256 = Some(before.sha256.clone());
        decoded.report.mark = Some(mark);
        decoded.report.status = FileStatus::Already;
        return Ok(());
    }
    progress.reading(&decoded.report.path);
    let mut survey = survey(path, format)?;
    decoded.report.mark = Some(mark);
    decoded.report.sha256 = Some(survey.sha256.clone());
    let transaction = plan.transaction(&survey.sha256);
    if is_there(&survey.sha256) {
        decoded.report.status = FileStatus::Already;
        return Ok(());
    }
    let work = || {
        let mut sink = Sink::new(plan, Stage::new(room));
        read::read(path, &mut survey, &request.decoder, &mut sink)?;
        sink.finish()
    };
    let gathered = contained(work).unwrap_or_else(|| {
        Err(FileError::Refused("cannot be decoded: it is damaged; write or export it again".to_owned()))
    })?;
    decoded.report.unknown_columns.clone_from(&gathered.unknown);
    decoded.waiting = Some(Waiting { table: plan.table, transaction: (transaction, 1), gathered });
    Ok(())
}
