//! Runs, waiting files and rejected rows as text.

use zhihui_data::Zone;

use crate::pages::html::address;
use crate::pages::report::{grouped, local_minute};
use crate::pages::tongue::Tongue;
use crate::pages::words;
use crate::workshop::{RejectedFile, RunEntry, WaitingFile};

/// A run without an end that began longer ago has died with its process.
const LONGEST_RUN: i64 = 12 * 3600;
/// Reasons told of for each file.
const REASONS: usize = 6;

/// A file in the inbox.
pub(super) struct WaitingView {
    pub(super) name: String,
    pub(super) size: String,
    pub(super) came: String,
}

impl WaitingView {
    pub(super) fn new(file: &WaitingFile, zone: Zone, l: Tongue) -> Self {
        Self { name: file.name.clone(), size: bytes(file.bytes, l), came: local_minute(file.came_at, zone) }
    }
}

/// A run.
pub(super) struct RunView {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) took: String,
    /// `good`, `bad`, `busy` or empty.
    pub(super) tone: &'static str,
    pub(super) outcome: String,
    pub(super) version: String,
    pub(super) steps: Vec<StepView>,
    pub(super) files: Vec<FileView>,
    pub(super) refused: usize,
    pub(super) error: String,
}

/// A step of a run.
pub(super) struct StepView {
    pub(super) name: String,
    pub(super) tone: &'static str,
    pub(super) status: String,
    pub(super) why: String,
    pub(super) took: String,
    pub(super) rows: String,
}

/// A file of a run.
pub(super) struct FileView {
    pub(super) name: String,
    pub(super) table: String,
    pub(super) status: String,
    pub(super) tone: &'static str,
    pub(super) rows: String,
    pub(super) new: String,
    pub(super) rejected: String,
    pub(super) error: String,
}

/// Whether a run goes on.
pub(super) fn is_running(run: &RunEntry, now: i64) -> bool {
    run.outcome.is_none() && run.finished_at.is_none() && now - run.started_at < LONGEST_RUN
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
    pub(super) fn new(run: &RunEntry, now: i64, zone: Zone, l: Tongue) -> Self {
        let outcome = match run.outcome.as_deref() {
            Some(outcome) => outcome,
            None if is_running(run, now) => "running",
            None => "failed",
        };
        let broke = run.outcome.is_none() && outcome == "failed";
        let step = |step: &crate::workshop::RunStep| StepView {
            name: words::run_step(&step.step, l).to_owned(),
            tone: tone(&step.status),
            status: words::outcome(&step.status, l).to_owned(),
            why: step.why.as_deref().map(|why| words::why(why, l)).unwrap_or_default(),
            took: seconds(step.seconds, l),
            rows: step.rows.map(|rows| grouped(rows as f64, 0)).unwrap_or_default(),
        };
        let file = |file: &crate::workshop::RunFile| FileView {
            name: base_name(&file.path).to_owned(),
            table: file.table.as_deref().map(|table| words::table(table, l).to_owned()).unwrap_or_default(),
            status: words::outcome(&file.status, l).to_owned(),
            tone: tone(&file.status),
            rows: grouped(file.rows as f64, 0),
            new: grouped(file.new as f64, 0),
            rejected: grouped(file.rejected as f64, 0),
            error: file.error.clone().unwrap_or_default(),
        };
        let end = run.finished_at.unwrap_or(if outcome == "running" { now } else { run.started_at });
        Self {
            id: run.run_id.clone(),
            at: local_minute(run.started_at, zone),
            took: if broke { String::new() } else { seconds((end - run.started_at) as f64, l) },
            tone: tone(outcome),
            outcome: if broke {
                l.say("中断", "broke off").to_owned()
            } else {
                words::outcome(outcome, l).to_owned()
            },
            version: run.version.clone().unwrap_or_default(),
            steps: run.steps.iter().map(step).collect(),
            refused: run.files.iter().filter(|file| file.status == "refused").count(),
            files: run.files.iter().map(file).collect(),
            error: run.error.clone().unwrap_or_default(),
        }
    }
}

/// Rejected rows of one file.
pub(super) struct RejectView {
    pub(super) file: String,
    pub(super) table: String,
    pub(super) count: String,
    pub(super) reasons: Vec<(String, String)>,
    pub(super) workbook: String,
}

impl RejectView {
    pub(super) fn new(file: &RejectedFile, l: Tongue) -> Self {
        let total: u64 = file.reasons.iter().map(|(_, _, count)| count).sum();
        let reason = |(reason, column, count): &(String, String, u64)| {
            let what = words::reject_reason(reason, l);
            let what = if column.is_empty() { what.to_owned() } else { format!("{column}{}{what}", l.say(":", ": ")) };
            (what, grouped(*count as f64, 0))
        };
        let pairs = [("sha256", file.sha256.as_str()), ("table", file.table.as_str())];
        Self {
            file: base_name(&file.file).to_owned(),
            table: words::table(&file.table, l).to_owned(),
            count: grouped(total as f64, 0),
            reasons: file.reasons.iter().take(REASONS).map(reason).collect(),
            workbook: address("/data/errors.xlsx", pairs.into_iter()),
        }
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn seconds(seconds: f64, l: Tongue) -> String {
    let whole = seconds.max(0.0).round() as i64;
    match (whole, l.tag() == "en") {
        (0..60, false) => format!("{seconds:.1} 秒"),
        (0..60, true) => format!("{seconds:.1} s"),
        (_, false) => format!("{} 分 {} 秒", whole / 60, whole % 60),
        (_, true) => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// A length in bytes as people say it.
pub(super) fn bytes(bytes: u64, _l: Tongue) -> String {
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
