//! Maintains the lake and completes erasures: on command, and in nightly runs when due.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;
use zhihui_api::AuditAction;
use zhihui_pipeline::lake::{Lake, LakeError, MaintainReport};
use zhihui_pipeline::run_history::RunHistory;

use crate::commands::audit;
use crate::erasure::{self, Finished};
use crate::home::Home;
use crate::outcome::refuse;
use crate::output::format_error;
use crate::steps::{self, Step};
use crate::{clock, output};

/// Tolerance of the schedule as a fraction of the interval: a nightly run may start some minutes earlier than the last.
const SCHEDULE_TOLERANCE: u32 = 12;

/// The result of maintenance.
#[derive(Debug, Serialize)]
pub(crate) struct Maintained {
    #[serde(flatten)]
    pub(crate) lake: MaintainReport,
    pub(crate) erasures: Finished,
}

/// Maintains the lake, completes erasures, and records it in the run history and the audit log.
///
/// Files with data of members to be erased are deleted at once, others after `keep_hours`.
pub(crate) async fn maintain(home: &Home, lake: &Lake, keep_hours: u32) -> anyhow::Result<Maintained> {
    erasure::erase_pending(home, lake, &steps::run_id(clock::now())).await?;
    let keep = if erasure::any_pending(home).await? { 0 } else { keep_hours };
    let keep = chrono::Duration::hours(i64::from(keep));
    let report = zhihui_pipeline::lake::maintain(lake, clock::now(), keep).await.map_err(refuse)?;
    let erasures = erasure::finish(home, lake).await?;
    home.journal().await?.record_maintenance(clock::now().timestamp()).await?;
    let tables = report.tables.iter();
    let (deleted, bytes) =
        tables.fold((0, 0), |(files, bytes), table| (files + table.files_deleted, bytes + table.bytes_deleted));
    let detail = json!({ "files_deleted": deleted, "bytes_deleted": bytes, "members_erased": erasures.erased });
    audit::record(home, AuditAction::Maintenance, detail).await?;
    Ok(Maintained { lake: report, erasures })
}

/// Maintains the lake in a nightly run if due. Returns the step, or `None` if not due.
///
/// If another process writes, maintenance waits for the next nightly run. An error is reported in the step and does not
/// undo the published snapshot.
pub(crate) async fn when_due(home: &Home, lake: &Lake, journal: &RunHistory) -> anyhow::Result<Option<Step>> {
    let started = Instant::now();
    let erasure_waits = erasure::any_pending(home).await?;
    let last = journal.last_maintenance().await?;
    if !erasure_waits && !is_due(last, clock::now().timestamp(), home.config.maintain.every) {
        return Ok(None);
    }
    let (status, why) = match maintain(home, lake, home.config.maintain.keep_hours).await {
        Ok(done) => ("done", describe(&done)),
        Err(error) if is_busy(&error) => (
            "skipped",
            format!("another process writes to the lake, the next nightly run tries again: {}", format_error(&error)),
        ),
        Err(error) => ("failed", format_error(&error)),
    };
    Ok(Some(steps::step("maintain", status, Some(why), started, None)))
}

fn is_busy(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(LakeError::Busy { .. })))
}

/// A last time in the future was recorded before the clock was set back.
fn is_due(last: Option<i64>, now: i64, every: Duration) -> bool {
    let every = i64::try_from((every - every / SCHEDULE_TOLERANCE).as_secs()).unwrap_or(i64::MAX);
    last.is_none_or(|last| last > now || now - last >= every)
}

fn describe(done: &Maintained) -> String {
    let bytes: u64 = done.lake.tables.iter().map(|table| table.bytes_deleted).sum();
    let mut text = format!("{} tables, {:.1} MB freed", done.lake.tables.len(), bytes as f64 / 1e6);
    let erasures = &done.erasures;
    if erasures.erased + erasures.waiting > 0 {
        text.push_str(&format!("; erasures: {} finished, {} wait", erasures.erased, erasures.waiting));
        erasures.inbox_files.iter().for_each(|line| output::print_message(line));
        erasures.why.iter().for_each(|why| text.push_str(&format!("; {why}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_is_due_slightly_before_its_interval_ends() {
        let (hour, day) = (3_600, Duration::from_secs(86_400));
        assert!(is_due(None, 0, day) && is_due(Some(0), 23 * hour, day) && is_due(Some(10), 0, day));
        assert!(!is_due(Some(0), 21 * hour, day) && !is_due(Some(0), 6 * 24 * hour, 7 * day));
        assert!(is_due(Some(0), 7 * 24 * hour - 60, 7 * day));
    }
}
