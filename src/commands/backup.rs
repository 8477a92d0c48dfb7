//! `zhihui backup` and `zhihui restore`: a consistent copy of a home, and a home out of a copy.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use serde_json::json;
use zhihui_api::{AuditAction, Store};
use zhihui_pipeline::backup::{self, Manifest};
use zhihui_pipeline::members;

use super::{Context, audit};
use crate::cli::Restore;
use crate::erasure;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, inbox_check, output, steps};

/// How long a backup waits for a writer of the lake.
const PATIENCE: Duration = Duration::from_secs(3_600);
const DATABASE: &str = "zhihui.db";
const EVENTS: &str = "inbox.db";
/// What is copied beside the database; `inbox/` holds files that are not this program's, `trained/` is made again.
const PARTS: &[&str] = &["zhihui.toml", "hold-out.salt", "lake", "published"];

pub(crate) async fn run(context: &Context<'_>, to: &Path) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    let lake = home.lake().await?;
    backup::prepare(to).map_err(refuse)?;
    audit::note(&store, AuditAction::Backup, None, json!({})).await?;
    // While no one writes, the lake and the sequence of events in the database belong together.
    let _lock = lake.lock_within(PATIENCE).await.map_err(refuse)?;
    for part in PARTS {
        backup::copy(&home.folder.join(part), &to.join(part)).map_err(refuse)?;
    }
    home.events().await?.copy_to(&to.join(EVENTS)).await?;
    store.copy_to(&to.join(DATABASE)).await?;
    let made_at = clock::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let manifest = backup::write_manifest(to, &made_at).map_err(refuse)?;
    if home.config.lake.url.is_some() {
        output::say("the lake lies in a store of its own and is not part of this copy");
    }
    tell(context, &manifest, to, 0)
}

/// Makes a home out of a backup. What was erased since the backup was made is erased again, as far as the home that is
/// replaced still knows it.
pub(crate) async fn restore(context: &Context<'_>, args: &Restore) -> anyhow::Result<Outcome> {
    let manifest = backup::verify(&args.from).map_err(refuse)?;
    let aside = set_aside(context.home, args.replace)?;
    backup::prepare(context.home).map_err(refuse)?;
    for part in PARTS.iter().chain(&[DATABASE, EVENTS]) {
        backup::copy(&args.from.join(part), &context.home.join(part)).map_err(refuse)?;
    }
    std::fs::create_dir_all(context.home.join("inbox")).context("the folder inbox/ cannot be made")?;
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    if let Some(old) = aside.as_ref().map(|folder| folder.join(DATABASE)).filter(|path| path.exists()) {
        store.erasures().copy_hashes(&Store::open(&old).await?.erasures()).await.map_err(refuse)?;
    }
    let lake = home.lake().await?;
    let returned =
        members::find_erased(&lake, &store.erasures().erased_members().await?, clock::now()).await.map_err(refuse)?;
    for person in &returned {
        let note = audit::about(AuditAction::MemberErased, Some(&person.member_id), json!({ "after": "restore" }));
        store.erasures().erase(&person.member_id, &person.openids, &note).await?;
    }
    erasure::erase_waiting(&home, &lake, &steps::run_id(clock::now())).await?;
    audit::record(&home, AuditAction::Restore, json!({ "members_erased_again": returned.len() })).await?;
    // A lake in a store of its own is not part of the backup.
    if let Some(mismatch) = inbox_check::mismatch(&home, &lake, &home.events().await?).await? {
        output::say(&format!("restored, but inbox and lake do not belong together: {mismatch}"));
    }
    if let Some(aside) = &aside {
        output::say(&format!("the home that was here lies in {}; delete it when all is well", aside.display()));
    }
    tell(context, &manifest, context.home, returned.len())
}

/// Moves a home out of the way.
fn set_aside(home: &Path, replace: bool) -> anyhow::Result<Option<PathBuf>> {
    let is_empty = !home.exists() || home.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if is_empty {
        return Ok(None);
    }
    if !replace {
        bail!("{} is not empty; give --replace to move it aside first", home.display());
    }
    let name = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "home".to_owned());
    let aside = home.with_file_name(format!("{name}-before-{}", clock::now().format("%Y%m%dT%H%M%SZ")));
    std::fs::rename(home, &aside).with_context(|| format!("{} cannot be moved aside", home.display()))?;
    Ok(Some(aside))
}

fn tell(context: &Context<'_>, manifest: &Manifest, folder: &Path, erased_again: usize) -> anyhow::Result<Outcome> {
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    if context.json {
        let (files, made_at) = (manifest.files.len(), &manifest.made_at);
        let folder = folder.display().to_string();
        output::json(&json!({
            "folder": folder, "made_at": made_at, "files": files, "bytes": bytes, "erased_again": erased_again,
        }))?;
    } else {
        output::line(&format!(
            "{}: {} files, {:.1} MB, as of {}",
            folder.display(),
            manifest.files.len(),
            bytes as f64 / 1e6,
            manifest.made_at
        ))?;
        if erased_again > 0 {
            output::line(&format!("{erased_again} members who had been erased were erased again; run `zhihui run`"))?;
        }
    }
    Ok(Outcome::Done)
}
