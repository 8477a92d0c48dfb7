//! The steps of a run and their results.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use zhihui_data::snapshot::{Snapshot, SnapshotModel};
use zhihui_data::{ErasedIds, Table, nearest_name};
use zhihui_pipeline::backtest::AudienceBacktest;
use zhihui_pipeline::build::{self, BuiltTable, TableStatus};
use zhihui_pipeline::config;
use zhihui_pipeline::data_checks::DataCheck;
use zhihui_pipeline::ingest::{self, FileNotes, FileReport, FileStatus, IngestError, IngestReport};
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::publish::SharedSnapshots;
use zhihui_pipeline::train::{self, Gate, TrainOptions, Trial};

use crate::home::{Home, process_name};
use crate::outcome::refuse;
use crate::progress::Meter;
use crate::search_meter::{SearchBounds, SearchMeter};
use crate::{clock, data_checks, drain, ingest_lines, ingested_files, output, shared_revocations, training_outcome};

/// One step of a run, in its JSON form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    pub(crate) step: &'static str,
    /// `done`, `skipped`, `refused` or `failed`; with `--plan` `would_run` or `would_skip`.
    pub(crate) status: &'static str,
    pub(crate) why: Option<String>,
    pub(crate) seconds: f64,
    pub(crate) rows: Option<u64>,
}

/// A run, in its JSON form.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunReport {
    pub(crate) run_id: String,
    pub(crate) as_of: String,
    pub(crate) version: Option<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) gate: Option<Gate>,
    /// Summary of the audience backtest of the model card; null without one.
    pub(crate) audiences: Option<AudienceBacktest>,
    /// Files that were not ingested before; at most [`MAX_FILES`].
    pub(crate) files: Vec<FileReport>,
    /// What was not understood, by groups of similar files; at most [`MAX_NOTES`].
    pub(crate) notes: Vec<FileNotes>,
    /// Results of the data checks of the build.
    pub(crate) checks: Vec<DataCheck>,
    /// The model card; only of `train`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<Value>,
}

/// Maximum number of files in the JSON of a run, refused files first.
pub(crate) const MAX_FILES: usize = 200;
/// Maximum number of groups of files in the JSON of a run.
const MAX_NOTES: usize = 100;

/// Returns what was not understood in a run's files, limited for its JSON.
pub(crate) fn limited_notes(report: &IngestReport) -> Vec<FileNotes> {
    report.notes.iter().take(MAX_NOTES).cloned().collect()
}

/// Returns the files of a run that were not ingested before.
pub(crate) fn notable_files(report: &IngestReport) -> Vec<FileReport> {
    let mut files: Vec<FileReport> =
        report.files.iter().filter(|file| file.status != FileStatus::Already).cloned().collect();
    files.sort_by_key(|file| file.status != FileStatus::Refused);
    files.truncate(MAX_FILES);
    files
}

/// State shared by the steps of one run.
#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) home: &'a Home,
    pub(crate) lake: &'a Lake,
    pub(crate) meter: &'a Arc<Meter>,
    pub(crate) run_id: String,
    pub(crate) as_of: DateTime<Utc>,
}

/// How long a build waits for another writer of the lake.
const LOCK_TIMEOUT: Duration = Duration::from_secs(600);

/// Returns an ingest request with the settings of a home.
pub(crate) fn ingest_request(
    home: &Home,
    paths: &[PathBuf],
    table: Option<Table>,
    run_id: &str,
) -> anyhow::Result<ingest::Request> {
    let scratch = home.folder.join("scratch");
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    Ok(ingest::Request { scratch, ..preview_request(home, paths, table, run_id)? })
}

/// Returns an ingest request that has no folder for temporary files.
pub(crate) fn preview_request(
    home: &Home,
    paths: &[PathBuf],
    table: Option<Table>,
    run_id: &str,
) -> anyhow::Result<ingest::Request> {
    let limits = home.config.ingest;
    let program = std::env::current_exe().context("cannot find the path of the running executable")?;
    Ok(ingest::Request {
        paths: paths.to_vec(),
        excluded: vec![home.done()],
        known: ingest::KnownFiles::new(),
        table,
        sources: home.config.sources.clone(),
        zone: home.zone(),
        as_of: clock::now(),
        run_id: run_id.to_owned(),
        limits,
        decoder: ingest::sheet::SheetDecoder::Program {
            program,
            limits: (limits.workbook_bytes, limits.workbook_seconds),
        },
        erased: ErasedIds::default(),
        scratch: PathBuf::new(),
    })
}

/// Returns the table of `--table`.
pub(crate) fn named_table(name: Option<&str>) -> anyhow::Result<Option<Table>> {
    let names = || Table::ALL.iter().map(|table| table.name());
    name.map(|name| {
        Table::named(name).with_context(|| match nearest_name(name, names()) {
            Some(nearest) => format!("--table {name:?}: no such table; did you mean {nearest}?"),
            None => format!("--table {name:?}: no such table; use {}", names().collect::<Vec<_>>().join(", ")),
        })
    })
    .transpose()
}

/// Returns the id of a run: its time and the process id.
pub(crate) fn run_id(now: DateTime<Utc>) -> String {
    format!("{}-{:05}", now.format("%Y%m%dT%H%M%S%3fZ"), std::process::id() % 100_000)
}

impl Runner<'_> {
    /// Reads files into the lake.
    pub(crate) async fn ingest(&self, paths: &[PathBuf], table: Option<&str>) -> anyhow::Result<(Step, IngestReport)> {
        let started = Instant::now();
        let mut request = ingest_request(self.home, paths, named_table(table)?, &self.run_id)?;
        (_, request.erased) = self.home.consent().await?;
        let journal = self.home.journal().await?;
        let known = journal.known_files().await?;
        request.known.clone_from(&known);
        let progress: Arc<dyn ingest::Progress> = Arc::clone(self.meter) as _;
        let report = ingest::ingest(self.lake, request, progress).await.map_err(|error| match error {
            IngestError::Path { .. } => error.into(),
            _ => refuse(error),
        })?;
        // The rows are in the lake. A failure to record must not look like a failure of ingest.
        if let Err(error) = data_checks::note_rosters(self.home, &self.run_id, &report.files).await {
            self.meter.done(&format!("cannot record the sizes of rosters: {}", output::format_error(&error)));
        }
        let cleared = ingested_files::clear_inbox(self.home, &report, &known).await;
        cleared.lines.iter().for_each(|line| self.meter.done(line));
        let files = ingested_files::known_files(&report, &known, &cleared);
        journal.record_files(&files, clock::now().timestamp()).await?;
        let new = report.totals.new + report.totals.replaced;
        let refused = report.refused();
        let why = ingest_lines::summary(&report);
        let status = if refused {
            "refused"
        } else if new == 0 {
            "skipped"
        } else {
            "done"
        };
        Ok((step("ingest", status, why, started, Some(new)), report))
    }

    pub(crate) async fn build(&self) -> anyhow::Result<Step> {
        let started = Instant::now();
        let cluster = self.home.cluster()?;
        let _lock = self.lake.lock_within(LOCK_TIMEOUT).await.map_err(refuse)?;
        let drained = drain::drain(self.home, self.lake, &self.run_id, self.as_of).await?;
        warn_before_history(self.lake, self.as_of).await?;
        let mut options = self.home.build_options(self.as_of, &self.run_id);
        options.inbox = Some((drained.inbox, drained.sequence));
        options.cluster = cluster;
        (options.consent, _) = self.home.consent().await?;
        let on_progress = |table: &BuiltTable| self.meter.tick(&format!("build {}: {} rows", table.name, table.rows));
        let report = build::build(self.lake, &options, &on_progress).await.map_err(refuse)?;
        data_checks::check_build(self.home, self.lake, &self.run_id, self.as_of, &report).await?;
        let made: Vec<&BuiltTable> = report.tables.iter().filter(|table| table.status == TableStatus::Done).collect();
        let (done, rows) = (made.len(), made.iter().map(|table| table.rows).sum());
        let tables = if done == 0 { "nothing changed".to_owned() } else { format!("{done} tables recomputed") };
        let why = match drained.rows {
            0 => tables,
            rows => format!("{rows} events taken from the inbox, {tables}"),
        };
        let status = if done == 0 { "skipped" } else { "done" };
        Ok(step("build", status, Some(why), started, Some(rows)))
    }

    /// Trains and stores the result in `trained/`. Skipped if tables, settings and instant are unchanged. `search`
    /// overrides the configured limits of the search.
    pub(crate) async fn train(&self, search: SearchBounds) -> anyhow::Result<(Step, Option<Gate>)> {
        let started = Instant::now();
        let mut training = self.home.config.train.clone();
        training.search_seconds = search.time.map_or(training.search_seconds, |time| time.as_secs());
        training.search_trials = search.trials.unwrap_or(training.search_trials);
        let inputs = self.training_inputs(&training).await?;
        let inputs_file = self.home.folder.join("trained").join("inputs");
        let trained = self.home.trained();
        if !search.anew
            && std::fs::read_to_string(&inputs_file).is_ok_and(|last| last == inputs)
            && let Ok((trained, None)) = trained.load_model()
        {
            let gate = training_outcome::gate_of(&trained.model);
            return Ok((step("train", "skipped", Some("nothing changed".into()), started, None), gate));
        }
        training.anew = search.anew;
        training.conditions = self.training_conditions()?;
        let previous = self.previous_model();
        self.meter.tick("training: reading the built tables");
        let mut options = self.home.build_options(self.as_of, &self.run_id);
        options.inbox = Some((self.home.event_inbox().await?.id().to_owned(), 0));
        (options.consent, _) = self.home.consent().await?;
        let mut assembled = build::assemble(self.lake, &options).await.map_err(refuse)?;
        assembled.version = version(clock::now());
        let sensitive = |topic: &String| config::is_sensitive(&self.home.config.sensitive_topics, topic);
        assembled.sensitive_topics =
            (0_u32..).zip(&assembled.topics).filter(|(_, topic)| sensitive(topic)).map(|(at, _)| at).collect();
        let events = assembled.history.n_events() as u64;
        training.deleted_topics = self.home.consent().await?.0.deleted_topics;
        let on_progress = |text: &str| self.meter.tick(&format!("training: {text}"));
        let mut search = SearchMeter::start(self.meter, Duration::from_secs(training.search_seconds));
        let mut keep_searching = |trial: &Trial| search.on_trial(trial);
        let result = train::train(
            assembled,
            previous.as_ref(),
            &build::snapshot_before,
            &training,
            &mut keep_searching,
            &on_progress,
        );
        let result = result.map_err(refuse)?;
        trained.publish(&result.snapshot).map_err(refuse)?;
        std::fs::write(&inputs_file, inputs).with_context(|| inputs_file.display().to_string())?;
        let why = training_outcome::sentence(&result, self.home.zone());
        Ok((step("train", "done", Some(why), started, Some(events)), result.gate))
    }

    /// Returns the model that serves with its topics, without members.
    fn previous_model(&self) -> Option<Snapshot> {
        let (SnapshotModel { as_of, topics, model }, _) = self.home.published().load_model().ok()?;
        Some(Snapshot { as_of, topics, model, ..Snapshot::default() })
    }

    /// Publishes the trained snapshot, unless a data check failed and was not accepted.
    pub(crate) async fn publish(&self, accept_checks: bool) -> anyhow::Result<(Step, String)> {
        let started = Instant::now();
        if let Some(refusal) = data_checks::refusal(self.home).await?.filter(|_| !accept_checks) {
            return Err(refuse(anyhow::anyhow!(refusal)));
        }
        let (trained, current) = (self.home.trained(), self.home.published());
        let version = trained.current()?;
        if let Some(version) = &version {
            self.share(version).await?;
        }
        // A damaged current snapshot is written again.
        if let Some(version) = version
            && current.current()?.as_ref() == Some(&version)
            && current.verify(&version).is_ok()
        {
            drain::remove_drained(self.home).await?;
            data_checks::accept(self.home).await?;
            return Ok((step("publish", "skipped", Some("already published".into()), started, None), version));
        }
        let manifest = current.publish_from(&trained).map_err(refuse)?;
        data_checks::accept(self.home).await?;
        drain::remove_drained(self.home).await?;
        Ok((step("publish", "done", None, started, Some(manifest.members as u64)), manifest.version))
    }

    /// Publishes the trained snapshot in the object store of the lake, for the services of all machines.
    async fn share(&self, version: &str) -> anyhow::Result<()> {
        let Some(shared) = SharedSnapshots::of(self.lake) else { return Ok(()) };
        shared_revocations::exchange(self.home, self.lake).await?;
        let trained = self.home.trained();
        let (file, manifest) = (trained.file_of(version), trained.verify(version).map_err(refuse)?);
        let pointer = shared.publish(&file, &manifest, &clock::now, &process_name()).await.map_err(refuse)?;
        self.home.published().announce(version, pointer.serve_from).map_err(refuse)
    }

    /// What a model depends on besides data and settings of training. A model is kept only while it stays the same.
    fn training_conditions(&self) -> anyhow::Result<String> {
        let config = &self.home.config;
        let mut hasher = DefaultHasher::new();
        (program_stamp()?, &config.sensitive_topics, format!("{:?}", config.age_bands)).hash(&mut hasher);
        Ok(format!("{:016x}", hasher.finish()))
    }

    async fn training_inputs(&self, training: &TrainOptions) -> anyhow::Result<String> {
        let versions = table_versions(self.lake, "built/").await?;
        let sensitive = self.home.config.sensitive_topics.join(" ");
        let options = serde_json::to_string(training)?;
        let program = program_stamp()?;
        Ok(format!("{versions} as of {} {options} {sensitive}{BY}{program}", self.as_of.timestamp()))
    }
}

pub(crate) fn step(
    step: &'static str,
    status: &'static str,
    why: Option<String>,
    started: Instant,
    rows: Option<u64>,
) -> Step {
    Step { step, status, why, seconds: (started.elapsed().as_secs_f64() * 1e3).round() / 1e3, rows }
}

/// Marks the program in the inputs of a training.
const BY: &str = " by ";

/// Whether the last training was done by this program, and not by one before an update.
pub(crate) fn is_trained_by_this_program(home: &Home) -> anyhow::Result<bool> {
    let inputs = std::fs::read_to_string(home.folder.join("trained").join("inputs")).unwrap_or_default();
    let program = inputs.rsplit_once(BY).map(|(_, program)| program);
    Ok(program == Some(program_stamp()?.as_str()))
}

/// Returns size and modification time of the program's file, which differ after an update: another program trains other models.
fn program_stamp() -> anyhow::Result<String> {
    let path = std::env::current_exe().context("finding the program's file")?;
    let file = std::fs::metadata(&path).with_context(|| path.display().to_string())?;
    let changed = file.modified().ok().map(DateTime::<Utc>::from).map(|at| at.timestamp_micros());
    Ok(format!("{}@{}", file.len(), changed.unwrap_or_default()))
}

/// Returns names and versions of the tables below a prefix. An equal text means that no table changed.
pub(crate) async fn table_versions(lake: &Lake, prefix: &str) -> anyhow::Result<String> {
    let mut versions = String::new();
    for name in lake.tables().await?.into_iter().filter(|name| name.starts_with(prefix)) {
        if let Some(table) = lake.table(&name).await? {
            versions.push_str(&format!("{name}@{} ", table.version()));
        }
    }
    Ok(versions)
}

/// Returns the name of a snapshot: its time, so that later ones sort last.
fn version(now: DateTime<Utc>) -> String {
    now.format("%Y%m%dT%H%M%S%3fZ").to_string()
}

/// Warns if an instant is before the history that the lake keeps.
pub(crate) async fn warn_before_history(lake: &Lake, as_of: DateTime<Utc>) -> anyhow::Result<()> {
    if let Some(since) = lake.complete_since().await?.filter(|since| as_of < *since) {
        output::print_message(&format!(
            "as of {}: rows of members, unions, articles and activities are complete from {} on; earlier ones may be missing; \
             `maintain` keeps them for history_days of [lake] in zhihui.toml",
            as_of.to_rfc3339(),
            since.to_rfc3339(),
        ));
    }
    Ok(())
}
