//! What the two databases tell: runs that died, events that wait, erasures that wait, an audit log that was touched.

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat};
use zhihui_pipeline::run_history::Run;

use super::{Check, erasures, event_times, fail, ok, warn};
use crate::home::Home;
use crate::{clock, inbox_check, output};

/// Events that the next run could have taken this long ago say that no run takes them.
const EVENTS_WAIT_SECONDS: i64 = 2 * 86_400;
/// Runs looked at.
const RUNS: u32 = 50;
/// How far clocks may be apart, seconds.
const AHEAD: i64 = 60;

/// Every check of what is written down; nothing is made that was not there.
pub(super) async fn checks(home: &Home) -> Vec<Check> {
    let mut checks = Vec::new();
    if home.database().exists() {
        checks.push(runs(home).await);
        checks.extend(rights(home).await);
    }
    if home.folder.join("inbox.db").exists() {
        checks.push(events(home).await);
        checks.push(event_times::check(home).await);
    }
    checks
}

async fn runs(home: &Home) -> Check {
    const RESTORE: &str = "restore zhihui.db from a backup";
    let latest = match latest(home).await {
        Ok(latest) => latest,
        Err(error) => return fail("runs", output::told(&error), RESTORE),
    };
    let Some(last) = latest.first() else { return ok("runs", "none yet") };
    if last.started_at > clock::now().timestamp() + AHEAD {
        let message = format!("{} began at {}, which is still to come", last.run_id, instant(last.started_at));
        return warn("runs", message, "the clock was set back: set it right");
    }
    if latest.iter().any(is_open) {
        // Whoever runs holds this lock, and a process that died holds none.
        let Ok(_alone) = home.run_lock() else {
            return ok("runs", "one is under way");
        };
        // It may have ended since it was looked at.
        let dead = match self::latest(home).await {
            Ok(again) => again.into_iter().find(is_open),
            Err(error) => return fail("runs", output::told(&error), RESTORE),
        };
        if let Some(dead) = dead {
            let message = format!("{} began at {} and died before its end", dead.run_id, instant(dead.started_at));
            return warn("runs", message, "run `zhihui run`: it takes up what was left");
        }
    }
    let told = format!("the last, {}, {}", last.run_id, last.outcome.as_deref().unwrap_or("ended"));
    if last.outcome.as_deref() == Some("failed") {
        let why = serde_json::from_str::<serde_json::Value>(&last.result).unwrap_or_default();
        let why = why["error"].as_str().unwrap_or("it did not say why").to_owned();
        return warn("runs", format!("{told}: {why}"), "put right what is named there and run `zhihui run`");
    }
    ok("runs", told)
}

async fn latest(home: &Home) -> anyhow::Result<Vec<Run>> {
    Ok(home.journal().await?.latest(RUNS).await?)
}

fn is_open(run: &Run) -> bool {
    run.finished_at.is_none()
}

async fn rights(home: &Home) -> Vec<Check> {
    let store = match home.store().await {
        Ok(store) => store,
        Err(error) => return vec![fail("audit", output::told(&error), "restore zhihui.db from a backup")],
    };
    let audit = match store.audit().verify(None).await {
        Ok(head) => ok("audit", format!("{} entries, none changed", head.entries)),
        Err(error) => fail(
            "audit",
            error.to_string(),
            "keep zhihui.db as it is, compare it with a backup, find out who had access",
        ),
    };
    vec![audit, erasures::check(store.erasures().pending().await)]
}

async fn events(home: &Home) -> Check {
    const RESTORE: &str = "restore inbox.db from a backup; what was told since has to be told again";
    let looked = async {
        let inbox = home.events().await?;
        let status = inbox.status().await.context("inbox.db")?;
        if let Some(mismatch) = inbox_check::mismatch(home, &home.lake().await?, &inbox).await? {
            anyhow::bail!(mismatch);
        }
        let first = inbox.rows_to_commit(status.drained, status.last, 1).await?.first().map(|row| row.event.second());
        let held = inbox.held_summary().await?;
        inbox.close().await;
        anyhow::Ok((status, first, held))
    };
    let (status, first, (held, next)) = match looked.await {
        Ok(found) => found,
        Err(error) => return fail("events", output::told(&error), RESTORE),
    };
    let ahead = match next {
        Some(next) => format!("; {held} are dated ahead and wait for their time, the first for {}", instant(next)),
        None => String::new(),
    };
    let Some(first) = first else {
        return ok("events", format!("{} in inbox.db, none waits for the tables{ahead}", status.rows));
    };
    let waiting = status.waiting;
    let message = format!("{waiting} wait in inbox.db for the tables, the first of {}{ahead}", instant(first));
    if first + EVENTS_WAIT_SECONDS < clock::now().timestamp() {
        return warn("events", message, "run `zhihui run`, or let `zhihui serve --nightly 02:00` do it");
    }
    ok("events", message)
}

pub(super) fn instant(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
