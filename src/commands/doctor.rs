//! `zhihui doctor`: checks home, tables, databases, snapshot, disk and clock.

mod erasures;
mod event_times;
mod records;

use std::path::Path;

use serde::Serialize;
use zhihui_pipeline::publish::PublishError;

use super::Context;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::{clock, output};

/// Less free space than this is a warning, a tenth of it a failure.
const FREE_BYTES: u64 = 5 << 30;

#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    ok: bool,
    checks: Vec<Check>,
}

fn ok(name: &'static str, message: impl Into<String>) -> Check {
    Check { name, status: "ok", message: message.into(), remedy: None }
}

fn warn(name: &'static str, message: impl Into<String>, remedy: &'static str) -> Check {
    Check { name, status: "warn", message: message.into(), remedy: Some(remedy) }
}

fn fail(name: &'static str, message: impl Into<String>, remedy: &'static str) -> Check {
    Check { name, status: "fail", message: message.into(), remedy: Some(remedy) }
}

pub(crate) async fn run(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let checks = match Home::open(context.home) {
        Ok(home) => {
            let mut checks = vec![ok("home", home.folder.display().to_string())];
            checks.extend(tables(&home).await);
            checks.push(database(&home).await);
            checks.extend(records::checks(&home).await);
            checks.push(snapshot(&home));
            checks.push(disk(&home));
            checks.push(time(&home));
            checks
        }
        Err(error) => vec![fail("home", output::told(&error), "run `zhihui init`, or correct zhihui.toml")],
    };
    let diagnosis = Diagnosis { ok: checks.iter().all(|check| check.status != "fail"), checks };
    if context.json {
        output::json(&diagnosis)?;
    } else {
        let row = |check: &Check| {
            let remedy = check.remedy.unwrap_or_default().to_owned();
            vec![check.status.to_owned(), check.name.to_owned(), check.message.clone(), remedy]
        };
        let rows: Vec<Vec<String>> = diagnosis.checks.iter().map(row).collect();
        output::table(&["status", "check", "found", "remedy"], &rows, &[false; 4])?;
    }
    Ok(Outcome::refused_if(!diagnosis.ok))
}

async fn tables(home: &Home) -> Vec<Check> {
    const REMEDY: &str =
        "restore the named file from a backup, or move the table's folder away and ingest its files again";
    let lake = match home.lake().await {
        Ok(lake) => lake,
        Err(error) => return vec![fail("lake", output::told(&error), REMEDY)],
    };
    let names = match lake.tables().await {
        Ok(names) => names,
        Err(error) => return vec![fail("lake", error.to_string(), REMEDY)],
    };
    let mut checks = Vec::new();
    let mut whole = 0;
    for name in &names {
        match lake.table(name).await {
            Ok(_) => whole += 1,
            Err(error) => checks.push(fail("tables", error.to_string(), REMEDY)),
        }
    }
    checks.push(ok("tables", format!("{whole} of {} tables can be opened", names.len())));
    checks
}

pub(crate) async fn database(home: &Home) -> Check {
    match home.journal().await {
        Ok(_) => ok("database", "zhihui.db can be opened"),
        Err(error) => fail("database", output::told(&error), "restore zhihui.db from a backup"),
    }
}

fn snapshot(home: &Home) -> Check {
    match home.published().load() {
        Ok((snapshot, None)) => {
            let age = clock::now().timestamp() - snapshot.as_of;
            let message = format!(
                "version {}, {} members, {} items",
                snapshot.version,
                snapshot.members.id.len(),
                snapshot.items.id.len()
            );
            if age > 2 * 86_400 {
                return warn(
                    "snapshot",
                    format!("{message}; its state is {} days old", age / 86_400),
                    "run `zhihui run`",
                );
            }
            ok("snapshot", message)
        }
        Ok((_, Some(error))) => fail("snapshot", format!("{error}; an earlier one serves"), "run `zhihui run`"),
        Err(error @ PublishError::Nothing(_)) => warn("snapshot", error.to_string(), "run `zhihui run`"),
        Err(error) => fail("snapshot", format!("{error}; no earlier one is whole"), "run `zhihui run`"),
    }
}

pub(crate) fn disk(home: &Home) -> Check {
    match free_bytes(&home.folder) {
        Ok(free) => {
            let message = format!("{:.1} GB free", free as f64 / 1e9);
            if free < FREE_BYTES / 10 {
                fail("disk", message, "free some space: a run needs room for the files it writes")
            } else if free < FREE_BYTES {
                warn("disk", message, "free some space soon")
            } else {
                ok("disk", message)
            }
        }
        Err(error) => warn("disk", error.to_string(), "check the volume"),
    }
}

/// Bytes that may still be written on the volume of a folder.
pub(crate) fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let volume = rustix::fs::statvfs(folder)?;
    Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
}

/// A clock that lies before what was already recorded was set back.
fn time(home: &Home) -> Check {
    let now = clock::now();
    let latest = home.published().load().map(|(snapshot, _)| snapshot.as_of).unwrap_or_default();
    if latest > now.timestamp() + 86_400 {
        return warn(
            "clock",
            format!("now is {}, the snapshot is of a later time", now.to_rfc3339()),
            "set the clock, or run without --as-of",
        );
    }
    ok("clock", format!("{}, zone {}", now.to_rfc3339(), home.zone().name()))
}
