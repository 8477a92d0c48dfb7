//! Checks the two databases: interrupted runs, waiting events, pending erasures and changes of the audit log.

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat};
use zhihui_pipeline::run_history::Run;

use super::{Check, erasures, event_times, fail, ok, warn};
use crate::home::Home;
use crate::{clock, inbox_check, output};

/// Age of waiting events above which no run seems to commit them, in seconds.
const EVENTS_WAIT_SECONDS: i64 = 2 * 86_400;
/// Number of runs read.
const RUNS: u32 = 50;
/// Tolerated difference of clocks in seconds.
const CLOCK_TOLERANCE: i64 = 60;

/// Runs all checks of the databases. Creates nothing.
pub(super) async fn checks(home: &Home) -> Vec<Check> {
    let mut checks = Vec::new();
    if home.database().exists() {
        checks.push(runs(home).await);
    }
    if home.has_store() {
        checks.extend(audit_and_erasures(home).await);
    }
    if home.config.database.url.is_some() || home.folder.join("inbox.db").exists() {
        checks.push(events(home).await);
        checks.push(event_times::check(home).await);
    }
    checks
}

async fn runs(home: &Home) -> Check {
    const RESTORE: &str = "restore zhihui.db from a backup";
    let latest = match latest(home).await {
        Ok(latest) => latest,
        Err(error) => return fail("runs", output::format_error(&error), RESTORE),
    };
    let Some(last) = latest.first() else { return ok("runs", "none yet") };
    if last.started_at > clock::now().timestamp() + CLOCK_TOLERANCE {
        let message = format!("{} started at {}, which is in the future", last.run_id, instant(last.started_at));
        return warn("runs", message, "the clock was set back: correct it");
    }
    if latest.iter().any(is_open) {
        // A run holds this lock. An interrupted process does not.
        let Ok(_alone) = home.run_lock() else {
            return ok("runs", "one is in progress");
        };
        // It may have ended in the meantime.
        let interrupted = match self::latest(home).await {
            Ok(again) => again.into_iter().find(is_open),
            Err(error) => return fail("runs", output::format_error(&error), RESTORE),
        };
        if let Some(interrupted) = interrupted {
            let message =
                format!("{} started at {} and was interrupted", interrupted.run_id, instant(interrupted.started_at));
            return warn("runs", message, "run `zhihui run`: it continues from there");
        }
    }
    let summary = format!("the last, {}, {}", last.run_id, last.outcome.as_deref().unwrap_or("ended"));
    if last.outcome.as_deref() == Some("failed") {
        let why = serde_json::from_str::<serde_json::Value>(&last.result).unwrap_or_default();
        let why = why["error"].as_str().unwrap_or("no error was recorded").to_owned();
        return warn("runs", format!("{summary}: {why}"), "correct the named cause and run `zhihui run`");
    }
    ok("runs", summary)
}

async fn latest(home: &Home) -> anyhow::Result<Vec<Run>> {
    Ok(home.journal().await?.latest(RUNS).await?)
}

fn is_open(run: &Run) -> bool {
    run.finished_at.is_none()
}

async fn audit_and_erasures(home: &Home) -> Vec<Check> {
    let store = match home.store().await {
        Ok(store) => store,
        Err(error) => return vec![fail("audit", output::format_error(&error), "restore zhihui.db from a backup")],
    };
    let audit = match store.audit().verify(None).await {
        Ok(head) => ok("audit", format!("{} entries, none changed", head.entries)),
        Err(error) => fail(
            "audit",
            error.to_string(),
            "keep zhihui.db unchanged, compare it with a backup, and find out who had access",
        ),
    };
    vec![audit, erasures::check(store.erasures().pending().await)]
}

async fn events(home: &Home) -> Check {
    const RESTORE: &str = "restore inbox.db from a backup, and send later events again";
    let result = async {
        let inbox = home.event_inbox().await?;
        let status = inbox.status().await.context("inbox.db")?;
        if let Some(mismatch) = inbox_check::mismatch(home, &home.lake().await?, &inbox).await? {
            anyhow::bail!(mismatch);
        }
        let first = inbox.rows_to_commit(status.drained, status.last, 1).await?.first().map(|row| row.event.second());
        let held = inbox.held_summary().await?;
        inbox.close().await;
        anyhow::Ok((status, first, held))
    };
    let (status, first, (held, next)) = match result.await {
        Ok(found) => found,
        Err(error) => return fail("events", output::format_error(&error), RESTORE),
    };
    let ahead = match next {
        Some(next) => format!("; {held} are dated ahead and wait for their time, the first until {}", instant(next)),
        None => String::new(),
    };
    let Some(first) = first else {
        return ok("events", format!("{} in inbox.db, none waits for the tables{ahead}", status.rows));
    };
    let waiting = status.waiting;
    let message = format!("{waiting} wait in inbox.db for the tables, the first of {}{ahead}", instant(first));
    if first + EVENTS_WAIT_SECONDS < clock::now().timestamp() {
        return warn("events", message, "run `zhihui run`, or use `zhihui serve --nightly 02:00`");
    }
    ok("events", message)
}

pub(super) fn instant(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
