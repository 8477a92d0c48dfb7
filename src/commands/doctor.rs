//! `zhihui doctor`: checks home, tables, databases, snapshot, disk and clock.

mod erasures;
mod event_times;
mod records;

use std::path::Path;

use serde::Serialize;
use zhihui_pipeline::data_checks::CheckStatus;
use zhihui_pipeline::publish::PublishError;

use super::Context;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::{clock, data_checks, output, private_files, serve_settings};

/// Less free space than this is a warning, a tenth of it a failure.
const FREE_BYTES: u64 = 5 << 30;

#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: Option<&'static str>,
    /// The message for the pages in Chinese, where there is one.
    #[serde(skip)]
    pub(crate) zh: Option<String>,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    ok: bool,
    checks: Vec<Check>,
}

fn ok(name: &'static str, message: impl Into<String>) -> Check {
    Check { name, status: "ok", message: message.into(), remedy: None, zh: None }
}

fn warn(name: &'static str, message: impl Into<String>, remedy: &'static str) -> Check {
    Check { name, status: "warn", message: message.into(), remedy: Some(remedy), zh: None }
}

fn fail(name: &'static str, message: impl Into<String>, remedy: &'static str) -> Check {
    Check { name, status: "fail", message: message.into(), remedy: Some(remedy), zh: None }
}

pub(crate) async fn run(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let checks = match Home::examine(context.home) {
        Ok(home) => {
            let mut checks = vec![ok("home", home.folder.display().to_string())];
            if let Err(error) = serve_settings::settings_of(&home.config.serve) {
                checks.push(fail("serve", output::told(&error), "correct [serve] in zhihui.toml"));
            }
            checks.push(permissions(&home));
            checks.extend(tables(&home).await);
            checks.push(database(&home).await);
            checks.extend(records::checks(&home).await);
            checks.extend(data(&home).await);
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

/// Other accounts of the machine must not read password hashes, keys and openids.
pub(crate) fn permissions(home: &Home) -> Check {
    let named = |exposed: &[(std::path::PathBuf, u32)]| {
        let one = |(path, mode): &(std::path::PathBuf, u32)| format!("{} has mode {mode:04o}", path.display());
        exposed.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let secrets = private_files::exposed(&home.folder, private_files::SECRET);
    if !secrets.is_empty() {
        let remedy = "take the rights of group and others away (chmod go= FILE)";
        return fail("permissions", format!("{}: other accounts may use it", named(&secrets)), remedy);
    }
    match private_files::exposed(&home.folder, &[""]) {
        open if open.is_empty() => ok("permissions", "other accounts cannot read the home"),
        open => warn("permissions", named(&open), "take the rights of group and others away (chmod go= FOLDER)"),
    }
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

/// What each data check asks for; names that it does not know come from a later version.
const DATA_REMEDIES: &[(&str, &str)] = &[
    ("data_volume", "look for missing files and tables; accept with `zhihui run --accept-checks`"),
    ("data_values", "ingest a roster with all columns; accept with `zhihui run --accept-checks`"),
    (
        "data_roster",
        "export the roster again, or set checks.full_files if your files hold changes alone; accept with `zhihui run --accept-checks`",
    ),
    ("data_days", "look for files of these days that are missing or were cut off"),
    ("data_freshness", "look whether the nightly export still arrives in inbox/"),
    ("data_age", "ask for birth dates or ages in the roster"),
    ("data_union", "ask for the union of each member in the roster"),
    ("data_unresolved", "ingest a roster with openids, or send bind events"),
    ("data_items", "ingest articles and activities with titles and topics"),
    ("data_ahead", "look at the clock and the zone of the system that sends the times"),
];

/// The data checks of the latest build; those that passed are one line.
pub(crate) async fn data(home: &Home) -> Vec<Check> {
    let found = match data_checks::latest(home).await {
        Ok(found) => found,
        Err(error) => return vec![fail("data", output::told(&error), "restore zhihui.db from a backup")],
    };
    let passed = found.iter().filter(|check| check.status == CheckStatus::Ok).count();
    let mut checks = Vec::new();
    for check in found.iter().filter(|check| check.status > CheckStatus::Ok) {
        let (name, remedy) = DATA_REMEDIES
            .iter()
            .find(|(name, _)| *name == check.name)
            .copied()
            .unwrap_or(("data", "use the version of the program that made this build"));
        let make = if check.status == CheckStatus::Fail { fail } else { warn };
        checks.push(Check { zh: Some(check.message.zh.clone()), ..make(name, check.message.en.clone(), remedy) });
    }
    let items = found.iter().find(|check| check.name == "data_items" && check.status == CheckStatus::Ok);
    let items = items.map_or_else(String::new, |check| format!("; {}", check.message.en));
    if found.is_empty() {
        checks.push(ok("data", "no build was checked yet"));
    } else {
        checks.push(ok("data", format!("{passed} of {} data checks passed{items}", found.len())));
    }
    checks
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
