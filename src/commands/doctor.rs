//! `zhihui doctor`: checks home, tables, databases, snapshot, disk and clock.

mod database_server;
mod erasures;
mod event_times;
mod lake_store;
mod records;
mod report_schedules;

use std::path::Path;

use serde::Serialize;
use zhihui_pipeline::data_checks::CheckStatus;
use zhihui_pipeline::publish::PublishError;

use super::Context;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::{clock, data_checks, output, pdf, private_files, serve_settings};

/// Free space below which a warning is given; a failure below a tenth of it.
const FREE_BYTES: u64 = 5 << 30;

#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: Option<&'static str>,
    /// The message in Chinese for pages, if there is one.
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
    let checks = match Home::open_read_only(context.home) {
        Ok(home) => {
            let mut checks = vec![ok("home", home.folder.display().to_string())];
            if let Err(error) = serve_settings::settings_of(&home.config.serve) {
                checks.push(fail("serve", output::format_error(&error), "correct [serve] in zhihui.toml"));
            }
            checks.push(permissions(&home));
            checks.extend(lake_store::checks(&home).await);
            checks.extend(tables(&home).await);
            checks.push(database(&home).await);
            checks.extend(database_server::check(&home).await);
            checks.extend(records::checks(&home).await);
            checks.extend(data(&home).await);
            checks.push(snapshot(&home));
            checks.extend(hold_outs(&home));
            checks.push(report_font(&home));
            checks.extend(report_schedules::checks(&home).await);
            checks.push(disk(&home));
            checks.push(time(&home));
            checks
        }
        Err(error) => vec![fail("home", output::format_error(&error), "run `zhihui init`, or correct zhihui.toml")],
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

/// Other accounts must not be able to read password hashes, keys and openids.
pub(crate) fn permissions(home: &Home) -> Check {
    let named = |exposed: &[(std::path::PathBuf, u32)]| {
        let one = |(path, mode): &(std::path::PathBuf, u32)| format!("{} has mode {mode:04o}", path.display());
        exposed.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let secrets = private_files::exposed(&home.folder, private_files::SECRET);
    if !secrets.is_empty() {
        let remedy = "remove the rights of group and others (chmod go= FILE)";
        return fail("permissions", format!("{}: other accounts may use it", named(&secrets)), remedy);
    }
    match private_files::exposed(&home.folder, &[""]) {
        open if open.is_empty() => ok("permissions", "other accounts cannot read the home"),
        open => warn("permissions", named(&open), "remove the rights of group and others (chmod go= FOLDER)"),
    }
}

async fn tables(home: &Home) -> Vec<Check> {
    const REMEDY: &str =
        "restore the named file from a backup, or move the table's folder away and ingest its files again";
    let lake = match home.lake().await {
        Ok(lake) => lake,
        Err(error) => return vec![fail("lake", output::format_error(&error), REMEDY)],
    };
    let names = match lake.tables().await {
        Ok(names) => names,
        Err(error) => return vec![fail("lake", error.to_string(), REMEDY)],
    };
    let mut checks = Vec::new();
    let mut readable = 0;
    for name in &names {
        match lake.table(name).await {
            Ok(_) => readable += 1,
            Err(error) => checks.push(fail("tables", error.to_string(), REMEDY)),
        }
    }
    checks.push(ok("tables", format!("{readable} of {} tables can be opened", names.len())));
    checks
}

pub(crate) async fn database(home: &Home) -> Check {
    match home.journal().await {
        Ok(_) => ok("database", "zhihui.db can be opened"),
        Err(error) => fail("database", output::format_error(&error), "restore zhihui.db from a backup"),
    }
}

/// Remedies of the data checks. Names missing here come from a later version.
const DATA_REMEDIES: &[(&str, &str)] = &[
    ("data_volume", "look for missing files and tables, or accept with `zhihui run --accept-checks`"),
    ("data_values", "ingest a roster with all columns, or accept with `zhihui run --accept-checks`"),
    (
        "data_roster",
        "export the roster again, set checks.full_files if your files have only changes, or accept with `zhihui run --accept-checks`",
    ),
    ("data_days", "look for missing or truncated files of these days"),
    ("data_freshness", "check that the nightly export still arrives in inbox/"),
    ("data_age", "add birth dates or ages to the roster"),
    ("data_union", "add the union of each member to the roster"),
    ("data_unresolved", "ingest a roster with openids, or send bind events"),
    ("data_items", "ingest articles and activities with titles and topics"),
    ("data_ahead", "check the clock and the zone of the system that sends the times"),
];

/// Returns the data checks of the latest build. Passed checks share one line.
pub(crate) async fn data(home: &Home) -> Vec<Check> {
    let found = match data_checks::latest(home).await {
        Ok(found) => found,
        Err(error) => return vec![fail("data", output::format_error(&error), "restore zhihui.db from a backup")],
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
        Err(error) => fail("snapshot", format!("{error}; no earlier one can be used"), "run `zhihui run`"),
    }
}

/// A hold-out of a topic that no item has holds out nobody.
fn hold_outs(home: &Home) -> Option<Check> {
    let hold_outs = home.config.push.standing_hold_outs();
    let (snapshot, _) = home.published().load().ok().filter(|_| !hold_outs.is_empty())?;
    let is_unknown = |topic: &String| !snapshot.topics.contains(topic);
    let unknown: Vec<String> =
        hold_outs.iter().filter_map(|hold_out| hold_out.topic.clone()).filter(is_unknown).collect();
    if unknown.is_empty() {
        return Some(ok("hold_outs", format!("{} in [push]", hold_outs.len())));
    }
    let message = format!("no item has the topic {}", unknown.join(", "));
    Some(warn("hold_outs", message, "correct push.topic_hold_out in zhihui.toml: write the topic as in the items"))
}

/// PDF files of reports need a font with Chinese characters.
fn report_font(home: &Home) -> Check {
    match pdf::font(home) {
        Ok(font) => ok("report_font", format!("PDF files use {}", font.path().display())),
        Err(error) => {
            let remedy =
                "install a font (Debian, Ubuntu: apt-get install fonts-noto-cjk), or set report.font in zhihui.toml";
            warn("report_font", output::format_error(&error), remedy)
        }
    }
}

pub(crate) fn disk(home: &Home) -> Check {
    match free_bytes(&home.folder) {
        Ok(free) => {
            let message = format!("{:.1} GB free", free as f64 / 1e9);
            if free < FREE_BYTES / 10 {
                fail("disk", message, "free some space: a run needs space for its files")
            } else if free < FREE_BYTES {
                warn("disk", message, "free some space soon")
            } else {
                ok("disk", message)
            }
        }
        Err(error) => warn("disk", error.to_string(), "check the volume"),
    }
}

/// Returns the free bytes on the volume of a folder.
pub(crate) fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let volume = rustix::fs::statvfs(folder)?;
    Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
}

/// Detects a clock that was set back: it is earlier than recorded times.
fn time(home: &Home) -> Check {
    let now = clock::now();
    let latest = home.published().load().map(|(snapshot, _)| snapshot.as_of).unwrap_or_default();
    if latest > now.timestamp() + 86_400 {
        return warn(
            "clock",
            format!("the time is {}, but the snapshot is later", now.to_rfc3339()),
            "set the clock, or run without --as-of",
        );
    }
    ok("clock", format!("{}, zone {}", now.to_rfc3339(), home.zone().name()))
}
