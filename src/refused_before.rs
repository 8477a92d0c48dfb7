//! Detects files that an earlier run refused and that are unchanged in the inbox.

use std::path::Path;

use serde_json::Value;
use zhihui_pipeline::ingest::{FileReport, FileStamp, FileStatus, IngestReport};
use zhihui_pipeline::run_history::{Run, RunHistory};

/// Number of runs searched for the last completed one.
const RUNS: u32 = 20;

/// Returns whether the previous run refused every file that this ingest refused, with the same content and error, so
/// that another alarm would bring no news. False if no file was refused.
pub(crate) async fn all_refused_before(journal: &RunHistory, report: &IngestReport) -> anyhow::Result<bool> {
    let refused: Vec<&FileReport> = report.files.iter().filter(|file| file.status == FileStatus::Refused).collect();
    let ended = |run: &Run| run.command == "run" && matches!(run.outcome.as_deref(), Some("done" | "refused"));
    let Some(before) = journal.latest(RUNS).await?.into_iter().find(ended) else { return Ok(false) };
    let result: Value = serde_json::from_str(&before.result).unwrap_or_default();
    let files = result["files"].as_array().map_or(&[][..], Vec::as_slice);
    let is_known = |file: &&FileReport| files.iter().any(|known| is_same(file, known, before.started_at));
    Ok(!refused.is_empty() && refused.iter().all(is_known))
}

/// Returns whether a file is the refused one of an earlier report. A file that was not read completely has no hash; its
/// change time decides, which the system sets.
fn is_same(file: &FileReport, known: &Value, started_at: i64) -> bool {
    let is_unchanged = || {
        let next_second = (started_at + 1).saturating_mul(1_000_000_000);
        FileStamp::of(Path::new(&file.path)).is_ok_and(|mark| mark.changed_ns < next_second)
    };
    known["status"] == "refused"
        && known["path"] == file.path.as_str()
        && known["error"].as_str() == file.error.as_deref()
        && match (file.sha256.as_deref(), known["sha256"].as_str()) {
            (Some(now), Some(then)) => now == then,
            (None, None) => is_unchanged(),
            _ => false,
        }
}
