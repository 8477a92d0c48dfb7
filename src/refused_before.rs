//! Files that an earlier run refused and that lie unchanged in the inbox.

use std::path::Path;

use serde_json::Value;
use zhihui_pipeline::ingest::{FileReport, FileStamp, FileStatus, IngestReport};
use zhihui_pipeline::run_history::{Run, RunHistory};

/// Runs looked at for the last one that came to an end.
const RUNS: u32 = 20;

/// Whether the run before refused every file that this ingest refused, with the same content and for the same reason, so that
/// nobody learns anything new from being called again. False where no file was refused.
pub(crate) async fn were_all(journal: &RunHistory, report: &IngestReport) -> anyhow::Result<bool> {
    let refused: Vec<&FileReport> = report.files.iter().filter(|file| file.status == FileStatus::Refused).collect();
    let ended = |run: &Run| run.command == "run" && matches!(run.outcome.as_deref(), Some("done" | "refused"));
    let Some(before) = journal.latest(RUNS).await?.into_iter().find(ended) else { return Ok(false) };
    let result: Value = serde_json::from_str(&before.result).unwrap_or_default();
    let files = result["files"].as_array().map_or(&[][..], Vec::as_slice);
    let is_known = |file: &&FileReport| files.iter().any(|known| is_same(file, known, before.started_at));
    Ok(!refused.is_empty() && refused.iter().all(is_known))
}

/// Whether a file is the refused one of an earlier report. A file that was not read to its end has no hash there: its time of
/// change decides, which is the system's own.
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
