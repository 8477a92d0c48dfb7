//! Formats runs, waiting files, rejected rows and values set to unknown.

use zhihui_data::Zone;

use super::jobs::{RejectedFile, RunEntry, WaitingFile};
use super::{labels as data_labels, note_view};
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};
use crate::web::url::url_with_query;

/// An unfinished run that started earlier was killed with its process.
const MAX_RUN_SECONDS: i64 = 12 * 3600;
/// Maximum number of reasons shown for each file.
const MAX_REASONS: usize = 6;

/// A file in the inbox.
pub(crate) struct WaitingView {
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) came_at: String,
    /// Address of its preview.
    pub(crate) mapping: String,
}

impl WaitingView {
    pub(crate) fn new(file: &WaitingFile, zone: Zone) -> Self {
        Self {
            name: file.name.clone(),
            size: bytes(file.bytes),
            came_at: local_minute(file.came_at, zone),
            mapping: url_with_query("/data/mapping", [("file", file.name.as_str())]),
        }
    }
}

/// A run.
pub(crate) struct RunView {
    pub(crate) id: String,
    pub(crate) at: String,
    pub(crate) took: String,
    /// `good`, `bad`, `busy` or empty.
    pub(crate) tone: &'static str,
    pub(crate) outcome: String,
    pub(crate) version: String,
    pub(crate) steps: Vec<StepView>,
    pub(crate) files: Vec<FileView>,
    /// What was not understood in the files.
    pub(crate) notes: Vec<String>,
    pub(crate) refused: usize,
    pub(crate) error: String,
}

/// A step of a run.
pub(crate) struct StepView {
    pub(crate) name: String,
    pub(crate) tone: &'static str,
    pub(crate) status: String,
    pub(crate) why: String,
    pub(crate) took: String,
    pub(crate) rows: String,
}

/// A file of a run.
pub(crate) struct FileView {
    pub(crate) name: String,
    pub(crate) table: String,
    pub(crate) status: String,
    pub(crate) tone: &'static str,
    pub(crate) rows: String,
    pub(crate) new: String,
    pub(crate) rejected: String,
    pub(crate) nulled: String,
    pub(crate) error: String,
}

/// Whether a run is in progress.
pub(crate) fn is_running(run: &RunEntry, now: i64) -> bool {
    run.outcome.is_none() && run.finished_at.is_none() && now - run.started_at < MAX_RUN_SECONDS
}

fn tone(outcome: &str) -> &'static str {
    match outcome {
        "done" | "ingested" => "good",
        "refused" | "failed" => "full",
        "running" => "busy",
        _ => "",
    }
}

impl RunView {
    pub(crate) fn new(run: &RunEntry, now: i64, zone: Zone, t: Locale) -> Self {
        let outcome = match run.outcome.as_deref() {
            Some(outcome) => outcome,
            None if is_running(run, now) => "running",
            None => "failed",
        };
        let was_killed = run.outcome.is_none() && outcome == "failed";
        let step = |step: &crate::data::jobs::RunStep| StepView {
            name: data_labels::run_step(&step.step, t).to_owned(),
            tone: tone(&step.status),
            status: data_labels::outcome(&step.status, t).to_owned(),
            why: step.why.as_deref().map(|why| data_labels::step_note(why, t)).unwrap_or_default(),
            took: duration(step.seconds, t),
            rows: step.rows.map(|rows| grouped(rows as f64, 0)).unwrap_or_default(),
        };
        let file = |file: &crate::data::jobs::RunFile| FileView {
            name: base_name(&file.path).to_owned(),
            table: file.table.as_deref().map(|table| data_labels::table(table, t).to_owned()).unwrap_or_default(),
            status: data_labels::outcome(&file.status, t).to_owned(),
            tone: tone(&file.status),
            rows: grouped(file.rows as f64, 0),
            new: grouped(file.new as f64, 0),
            rejected: grouped(file.rejected as f64, 0),
            nulled: grouped(file.nulled as f64, 0),
            error: file.error.clone().unwrap_or_default(),
        };
        let end = run.finished_at.unwrap_or(if outcome == "running" { now } else { run.started_at });
        Self {
            id: run.run_id.clone(),
            at: local_minute(run.started_at, zone),
            took: if was_killed { String::new() } else { duration((end - run.started_at) as f64, t) },
            tone: tone(outcome),
            outcome: if was_killed {
                t.data_outcome_interrupted().to_owned()
            } else {
                data_labels::outcome(outcome, t).to_owned()
            },
            version: run.version.clone().unwrap_or_default(),
            steps: run.steps.iter().map(step).collect(),
            refused: run.files.iter().filter(|file| file.status == "refused").count(),
            files: run.files.iter().map(file).collect(),
            notes: note_view::lines(&run.notes, t),
            error: run.error.clone().unwrap_or_default(),
        }
    }
}

/// The rejected rows and the values set to unknown of one file.
pub(crate) struct RejectView {
    pub(crate) file: String,
    pub(crate) table: String,
    pub(crate) count: String,
    pub(crate) reasons: Vec<(String, String)>,
    /// Values set to unknown by reason.
    pub(crate) nulled: Vec<(String, String)>,
    pub(crate) workbook: String,
}

impl RejectView {
    pub(crate) fn new(file: &RejectedFile, t: Locale) -> Self {
        let total: u64 = file.reasons.iter().map(|(_, _, count)| count).sum();
        let reason = |(reason, column, count): &(String, String, u64)| {
            let what = data_labels::reject_reason(reason, t);
            let what = if column.is_empty() { what.to_owned() } else { format!("{column}{}{what}", t.common_colon()) };
            (what, grouped(*count as f64, 0))
        };
        let pairs = [("sha256", file.sha256.as_str()), ("table", file.table.as_str())];
        Self {
            file: base_name(&file.file).to_owned(),
            table: data_labels::table(&file.table, t).to_owned(),
            count: grouped(total as f64, 0),
            reasons: file.reasons.iter().take(MAX_REASONS).map(reason).collect(),
            nulled: file.nulled.iter().take(MAX_REASONS).map(reason).collect(),
            workbook: url_with_query("/data/errors.xlsx", pairs),
        }
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn duration(seconds: f64, t: Locale) -> String {
    match seconds.max(0.0).round() as i64 {
        0..60 => t.data_seconds(format!("{seconds:.1}")),
        whole => t.data_minutes_seconds(whole / 60, whole % 60),
    }
}

/// Formats a size in bytes.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 10.0 && value.fract() > 0.0);
    format!("{value:.decimals$} {}", units[unit])
}
