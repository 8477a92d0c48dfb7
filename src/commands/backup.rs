//! `zhihui backup` and `zhihui restore`: copy a home consistently, and create a home from a copy.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use serde_json::json;
use zhihui_api::{AuditAction, Inbox, Store};
use zhihui_pipeline::backup::{self, Manifest};
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::members;

use super::{Context, audit};
use crate::cli::{Backup, Restore};
use crate::erasure;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, inbox_check, output, steps};

/// How long a backup waits for a writer of the lake.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3_600);
const DATABASE: &str = "zhihui.db";
const EVENTS: &str = "inbox.db";
/// The run history of a home whose other tables are on a server.
const RUNS: &str = "runs.db";
/// Copied parts besides the databases. `inbox/` has files of others; `trained/` can be made again.
const PARTS: &[&str] = &["zhihui.toml", "mappings.toml", "hold-out.salt", "lake", "published"];

pub(crate) async fn run(context: &Context<'_>, args: &Backup) -> anyhow::Result<Outcome> {
    let to = args.to.as_path();
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    let lake = home.lake().await?;
    backup::prepare(to).map_err(refuse)?;
    audit::append_entry(&store, AuditAction::Backup, None, json!({})).await?;
    // Without a writer, the lake matches the event sequence in the database.
    let _lock = lake.lock_within(LOCK_TIMEOUT).await.map_err(refuse)?;
    let is_copied = |part: &&str| *part != "lake" || (home.config.lake.url.is_none() && !args.without_lake);
    for part in PARTS.iter().copied().filter(is_copied) {
        backup::copy(&home.folder.join(part), &to.join(part)).map_err(refuse)?;
    }
    if home.config.lake.url.is_some() && !args.without_lake {
        lake.copy_to(&to.join("lake")).await.map_err(refuse)?;
    }
    home.event_inbox().await?.copy_to(&to.join(EVENTS)).await?;
    store.copy_to(&to.join(DATABASE)).await?;
    if home.config.database.url.is_some() && home.database().exists() {
        Store::open(&home.database()).await?.copy_to(&to.join(RUNS)).await?;
    }
    let made_at = clock::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let manifest = backup::write_manifest(to, &made_at).map_err(refuse)?;
    if args.without_lake {
        output::print_message("the lake is not part of this copy");
    }
    print(context, &manifest, to, 0)
}

/// Creates a home from a backup. Erasures since the backup are repeated if the replaced home has a record of them.
pub(crate) async fn restore(context: &Context<'_>, args: &Restore) -> anyhow::Result<Outcome> {
    let manifest = backup::verify(&args.from).map_err(refuse)?;
    let aside = set_aside(context.home, args.replace)?;
    backup::prepare(context.home).map_err(refuse)?;
    let is_remote = Home::open_read_only(&args.from)?.config.lake.url.is_some();
    for part in PARTS.iter().chain(&[DATABASE, EVENTS]).filter(|part| !is_remote || **part != "lake") {
        backup::copy(&args.from.join(part), &context.home.join(part)).map_err(refuse)?;
    }
    if let Some(settings) = &args.settings {
        backup::copy(settings, &context.home.join("zhihui.toml")).map_err(refuse)?;
    }
    std::fs::create_dir_all(context.home.join("inbox")).context("cannot create the folder inbox/")?;
    let home = Home::open(context.home)?;
    if home.config.database.url.is_some() {
        move_to_server(&home).await.map_err(refuse)?;
        backup::copy(&args.from.join(RUNS), &context.home.join(DATABASE)).map_err(refuse)?;
    }
    let store = home.store().await?;
    if let Some(old) = &aside
        && let Some(old) = store_of(old).await?
    {
        store.erasures().copy_hashes(&old.erasures()).await.map_err(refuse)?;
    }
    let lake = home.lake().await?;
    if is_remote && args.from.join("lake").is_dir() {
        restore_to_store(&lake, args).await?;
    }
    let returned =
        members::find_erased(&lake, &store.erasures().erased_members().await?, clock::now()).await.map_err(refuse)?;
    for person in &returned {
        let note = audit::command_line_entry(
            AuditAction::MemberErased,
            Some(&person.member_id),
            json!({ "after": "restore" }),
        );
        store.erasures().erase(&person.member_id, &person.openids, &note).await?;
    }
    erasure::erase_pending(&home, &lake, &steps::run_id(clock::now())).await?;
    audit::record(&home, AuditAction::Restore, json!({ "members_erased_again": returned.len() })).await?;
    // The tables of an object store may have been kept.
    if let Some(mismatch) = inbox_check::mismatch(&home, &lake, &home.event_inbox().await?).await? {
        output::print_message(&format!("restored, but inbox and lake do not match: {mismatch}"));
    }
    if let Some(aside) = &aside {
        output::print_message(&format!(
            "the previous home is now in {}; delete it when the restored home works",
            aside.display()
        ));
    }
    print(context, &manifest, context.home, returned.len())
}

/// Copies the lake of a backup to the object store. Tables that are there are moved away with `--replace`, and else kept: after the
/// loss of a machine they are later than the backup.
async fn restore_to_store(lake: &Lake, args: &Restore) -> anyhow::Result<()> {
    let _lock = lake.lock_within(LOCK_TIMEOUT).await.map_err(refuse)?;
    if !lake.tables().await?.is_empty() {
        if !args.replace {
            output::print_message(
                "the object store has tables, which are kept; pass --replace to move them away and restore those of the backup",
            );
            return Ok(());
        }
        let name = clock::now().format("%Y%m%dT%H%M%SZ").to_string();
        lake.set_aside(&name).await.map_err(refuse)?;
        output::print_message(&format!(
            "the previous tables are now below .before/{name}/ of the lake; delete them when the restored home works"
        ));
    }
    lake.copy_from(&args.from.join("lake")).await.map_err(refuse)?;
    Ok(())
}

/// The database of a home that was moved away, also if its settings cannot be read any more.
async fn store_of(folder: &Path) -> anyhow::Result<Option<Store>> {
    let file = folder.join(DATABASE);
    match Home::open_read_only(folder) {
        Ok(old) if old.has_store() => old.store().await.map(Some),
        Err(_) if file.exists() => Ok(Some(Store::open(&file).await?)),
        _ => Ok(None),
    }
}

/// Copies `zhihui.db` and `inbox.db` of the home into empty schemas of its server, and removes the files.
async fn move_to_server(home: &Home) -> anyhow::Result<()> {
    let (database, events) = (home.database(), home.folder.join(EVENTS));
    let (store, inbox) = (Store::open(&database).await?, Inbox::open(&events, home.event_clock()).await?);
    home.store().await?.copy_rows_of(&store).await?;
    home.event_inbox().await?.copy_rows_of(&inbox).await?;
    store.close().await;
    inbox.close().await;
    for file in [database, events] {
        for ending in ["", "-wal", "-shm"] {
            let path = PathBuf::from(format!("{}{ending}", file.display()));
            if path.exists() {
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
            }
        }
    }
    Ok(())
}

/// Moves a home away. Returns its new path.
fn set_aside(home: &Path, replace: bool) -> anyhow::Result<Option<PathBuf>> {
    let is_empty = !home.exists() || home.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if is_empty {
        return Ok(None);
    }
    if !replace {
        bail!("{} is not empty; pass --replace to move it away first", home.display());
    }
    let name = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "home".to_owned());
    let aside = home.with_file_name(format!("{name}-before-{}", clock::now().format("%Y%m%dT%H%M%SZ")));
    std::fs::rename(home, &aside).with_context(|| format!("cannot move {} away", home.display()))?;
    Ok(Some(aside))
}

fn print(context: &Context<'_>, manifest: &Manifest, folder: &Path, erased_again: usize) -> anyhow::Result<Outcome> {
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    if context.json {
        let (files, made_at) = (manifest.files.len(), &manifest.made_at);
        let folder = folder.display().to_string();
        output::json(&json!({
            "folder": folder, "made_at": made_at, "files": files, "bytes": bytes, "erased_again": erased_again,
        }))?;
    } else {
        output::print_line(&format!(
            "{}: {} files, {:.1} MB, as of {}",
            folder.display(),
            manifest.files.len(),
            bytes as f64 / 1e6,
            manifest.made_at
        ))?;
        if erased_again > 0 {
            output::print_line(&format!("{erased_again} members were erased again; run `zhihui run`"))?;
        }
    }
    Ok(Outcome::Done)
}
