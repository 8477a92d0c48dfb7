//! Carries out erasures in tables, snapshots and files: what `run` and `maintain` do for members who requested erasure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use chrono::DateTime;
use serde::Serialize;
use serde_json::Value;
use zhihui_api::{Erasure, MemberRecords, MemberRecordsError, Store};
use zhihui_data::snapshot::Snapshot;
use zhihui_pipeline::ingest;
use zhihui_pipeline::lake::{CommitInfo, Lake, LakeError};
use zhihui_pipeline::members::{self, Bind, ErasedRows, OpenidClaims, Person, Scrubbed};
use zhihui_pipeline::publish::{Polled, PublishedFolder, SharedSnapshots};

use crate::clock;
use crate::home::Home;
use crate::lake_runtime::run_on_lake_threads;
use crate::outcome::refuse;
use crate::steps;

/// How long an erasure waits for another writer of the lake.
const LOCK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(600);

/// Records of members in the files of a home.
#[derive(Debug)]
pub(crate) struct HomeMemberRecords(pub(crate) Arc<Home>);

#[async_trait]
impl MemberRecords for HomeMemberRecords {
    async fn records_of(&self, member_id: &str) -> Result<Value, MemberRecordsError> {
        let (home, member_id) = (Arc::clone(&self.0), member_id.to_owned());
        let records = async move {
            let lake = home.lake().await?;
            let openids = openids(&home, &lake, &member_id).await?;
            Ok(members::rows_of_member(&lake, &Person { member_id, openids }).await?)
        };
        let records: anyhow::Result<Value> = run_on_lake_threads(records).await.and_then(|records| records);
        records.map_err(|error| MemberRecordsError(format!("{error:#}")))
    }
}

/// The state of erasures after maintenance.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Finished {
    /// Members whose erasure is complete.
    pub(crate) erased: usize,
    /// Members whose erasure is pending.
    pub(crate) waiting: usize,
    /// Reasons for pending erasures, with remedies.
    pub(crate) why: Vec<String>,
    /// Files of the inbox that were changed or deleted.
    pub(crate) inbox_files: Vec<String>,
}

/// Returns the openids of a member by the roster, by binds in the lake and in the event inbox, and by the published
/// snapshot.
pub(crate) async fn openids(home: &Home, lake: &Lake, member: &str) -> anyhow::Result<Vec<String>> {
    let named = BTreeSet::from([member.to_owned()]);
    let claims = claims(home, &named).await?;
    Ok(members::openids(lake, &named, &claims, clock::now()).await?.remove(member).unwrap_or_default())
}

/// Returns the claims on openids of these members in the event inbox and the published snapshot.
async fn claims(home: &Home, named: &BTreeSet<String>) -> anyhow::Result<OpenidClaims> {
    let events = home.event_inbox().await?;
    let bind = |(openid, member_id, at)| Some(Bind { openid, member_id, at: DateTime::from_timestamp_micros(at)? });
    let binds = events.binds().await?.into_iter().filter_map(bind).collect();
    events.close().await;
    let mut snapshot = BTreeMap::new();
    if let Ok((published, _)) = home.published().load() {
        let of = |row: usize| published.openids_of(row).into_iter().map(move |openid| (openid, row));
        let ids = &published.members.id;
        let rows = (0..ids.len()).filter(|&row| named.contains(&ids[row]));
        snapshot.extend(rows.flat_map(of).map(|(openid, row)| (openid, ids[row].clone())));
    }
    Ok(OpenidClaims { binds, snapshot })
}

/// Erases members with a pending erasure from the tables. Waits for another writer of the lake.
pub(crate) async fn erase_pending(home: &Home, lake: &Lake, run_id: &str) -> anyhow::Result<Vec<ErasedRows>> {
    if !any_pending(home).await? {
        return Ok(Vec::new());
    }
    let store = home.store().await?;
    if pending(&store).await?.is_empty() {
        return Ok(Vec::new());
    }
    let _lock = lake.lock_within(LOCK_TIMEOUT).await.map_err(refuse)?;
    erase(home, &store, lake, run_id).await.map_err(refuse)
}

/// Erases like [`erase_pending`], but fails if another process writes.
pub(crate) async fn try_erase_pending(home: &Home, lake: &Lake, run_id: &str) -> Result<Vec<ErasedRows>, LakeError> {
    let store = home.store().await.map_err(to_lake_error)?;
    let _lock = lake.lock().await?;
    erase(home, &store, lake, run_id).await
}

fn to_lake_error(error: impl std::fmt::Display) -> LakeError {
    LakeError::Location(format!("{error:#}"))
}

/// Returns whether an erasure is not complete.
pub(crate) async fn any_pending(home: &Home) -> anyhow::Result<bool> {
    Ok(home.has_store() && !home.store().await?.erasures().pending().await?.is_empty())
}

async fn pending(store: &Store) -> anyhow::Result<Vec<Erasure>> {
    let all = store.erasures().pending().await?;
    Ok(all.into_iter().filter(|erasure| erasure.lake_at.is_none()).collect())
}

async fn erase(home: &Home, store: &Store, lake: &Lake, run_id: &str) -> Result<Vec<ErasedRows>, LakeError> {
    let (erasures, now) = (store.erasures(), clock::now());
    let events = home.event_inbox().await.map_err(to_lake_error)?;
    let pending_erasures = pending(store).await.map_err(to_lake_error)?;
    let named: BTreeSet<String> = pending_erasures.iter().map(|erasure| erasure.member_id.clone()).collect();
    let claims = claims(home, &named).await.map_err(to_lake_error)?;
    let mut found = members::openids(lake, &named, &claims, now).await?;
    let mut people = Vec::new();
    for erasure in pending_erasures {
        let mut openids = erasure.openids;
        openids.extend(found.remove(&erasure.member_id).unwrap_or_default());
        openids.sort();
        openids.dedup();
        erasures.add_openids(&erasure.member_id, &openids, now.timestamp()).await.map_err(to_lake_error)?;
        events.erase_member(&erasure.member_id, &openids).await.map_err(to_lake_error)?;
        people.push(Person { member_id: erasure.member_id, openids });
    }
    let info = CommitInfo { operation: "erase".to_owned(), run_id: run_id.to_owned(), at: now };
    let erased = members::erase(lake, &people, &info).await?;
    for person in &people {
        erasures.set_lake_erased(&person.member_id, now.timestamp()).await.map_err(to_lake_error)?;
    }
    Ok(erased)
}

/// Completes erasures after maintenance of the lake: earlier snapshots, files in the inbox, leftovers of a crash, and
/// finally ids in the databases. Members in the current snapshot wait for the next run.
pub(crate) async fn finish(home: &Home, lake: &Lake) -> anyhow::Result<Finished> {
    let mut finished = Finished::default();
    if !any_pending(home).await? {
        return Ok(finished);
    }
    let store = home.store().await?;
    let all = store.erasures().pending().await?;
    let people: Vec<Person> = all
        .iter()
        .map(|erasure| Person { member_id: erasure.member_id.clone(), openids: erasure.openids.clone() })
        .collect();
    let mut clean = snapshots(home, &people, &mut finished);
    clean &= shared_snapshot(home, lake, &mut finished).await?;
    clean &= inbox(home, lake, &people, &mut finished).await;
    let scratch = home.folder.join("scratch");
    if scratch.exists() {
        let _alone = lake.lock().await.map_err(refuse)?;
        std::fs::remove_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    }
    home.spill.remove_abandoned().context("temporary files of queries")?;
    let (done, left): (Vec<Erasure>, Vec<Erasure>) =
        all.into_iter().partition(|erasure| clean && erasure.lake_at.is_some());
    finished.erased = done.len();
    finished.waiting = left.len();
    let events = home.event_inbox().await?;
    for erasure in &done {
        events.erase_member(&erasure.member_id, &erasure.openids).await?;
    }
    events.vacuum().await?;
    store.erasures().finish(&done).await?;
    Ok(finished)
}

/// Deletes all snapshots but the current ones. Returns whether these are free of the members. An unreadable snapshot is
/// reported and does not stop the rest.
fn snapshots(home: &Home, people: &[Person], finished: &mut Finished) -> bool {
    let mut clean = true;
    for (folder, published) in [("published", home.published()), ("trained", home.trained())] {
        if !home.folder.join(folder).exists() {
            continue;
        }
        let why = match is_erased_from(&published, people) {
            Ok(true) => continue,
            Ok(false) => format!("the current snapshot in {folder}/ still contains an erased member"),
            Err(error) => format!("the snapshots in {folder}/ cannot be searched for erased members: {error:#}"),
        };
        finished.why.push(format!("{why}: run `zhihui run`"));
        clean = false;
    }
    clean
}

/// Returns whether the current snapshot is free of the members. All others are then deleted.
fn is_erased_from(published: &PublishedFolder, people: &[Person]) -> anyhow::Result<bool> {
    if published.current()?.is_none() {
        return Ok(true);
    }
    let (snapshot, damaged) = published.load()?;
    if mentions(&snapshot, people) || damaged.is_some() {
        return Ok(false);
    }
    published.delete_all_but_current()?;
    Ok(true)
}

/// Deletes all snapshots in the object store of the lake but the current one. Returns whether that is the one of this home, which was
/// searched.
async fn shared_snapshot(home: &Home, lake: &Lake, finished: &mut Finished) -> anyhow::Result<bool> {
    let Some(shared) = SharedSnapshots::of(lake) else { return Ok(true) };
    let Polled::Changed(pointer, _) = shared.poll(None).await? else { return Ok(true) };
    if home.published().current()?.as_ref() == Some(&pointer.manifest.version) {
        shared.keep_only_current().await?;
        return Ok(true);
    }
    finished.why.push(format!(
        "{} has published another snapshot, which may contain an erased member: run `zhihui run`",
        pointer.published_by
    ));
    Ok(false)
}

fn mentions(snapshot: &Snapshot, people: &[Person]) -> bool {
    let members: BTreeSet<&str> = people.iter().map(|person| person.member_id.as_str()).collect();
    let openids: BTreeSet<&str> = people.iter().flat_map(|person| &person.openids).map(String::as_str).collect();
    let known = &snapshot.members;
    known.id.iter().any(|id| members.contains(id.as_str()))
        || known.openid.iter().any(|openid| openids.contains(openid.as_str()))
        || snapshot.openids.further.iter().any(|known| openids.contains(known.openid.as_str()))
}

/// Erases the members from the files in the inbox. Returns whether no file names them. An unreadable file is reported
/// and does not stop the rest.
async fn inbox(home: &Home, lake: &Lake, people: &[Person], finished: &mut Finished) -> bool {
    let mut clean = true;
    let mut folders = vec![home.inbox()];
    while let Some(folder) = folders.pop() {
        // List the folder before files in it are rewritten.
        let listed = folder.read_dir().and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let entries = match listed {
            Ok(entries) => entries,
            Err(_) if !folder.exists() => continue,
            Err(error) => {
                clean = false;
                finished.why.push(unreadable(&folder, &error.into()));
                continue;
            }
        };
        for path in entries.into_iter().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            match inbox_file(home, lake, &path, people).await {
                Ok(None) => {}
                Ok(Some(InboxFile::Clean(done))) => finished.inbox_files.push(done),
                Ok(Some(InboxFile::Names)) => {
                    let name = path.display();
                    clean = false;
                    finished.why.push(format!("{name} names an erased member: ingest it, or remove it"));
                }
                // The file was moved by ingest, or is a broken link.
                Err(_) if !path.exists() => {}
                Err(error) => {
                    clean = false;
                    finished.why.push(unreadable(&path, &error));
                }
            }
        }
    }
    clean
}

fn unreadable(path: &Path, error: &anyhow::Error) -> String {
    format!(
        "{} cannot be searched for erased members ({error:#}): repair or delete it, then run `zhihui maintain`",
        path.display()
    )
}

/// The state of a file that named a member.
enum InboxFile {
    /// The file names no member any more. Holds a description of the change.
    Clean(String),
    /// The file still names a member.
    Names,
}

async fn inbox_file(home: &Home, lake: &Lake, path: &Path, people: &[Person]) -> anyhow::Result<Option<InboxFile>> {
    let name = path.display();
    let scrubbed = match members::scrub_file(path, people)? {
        None if workbook_names(home, path, people)? => Some(Scrubbed::Unchanged),
        other => other,
    };
    Ok(match scrubbed {
        None => None,
        Some(Scrubbed::Lines(lines)) => Some(InboxFile::Clean(format!("{name}: {lines} lines removed"))),
        // Files in done/ were ingested, though perhaps by a `[[source]]` that has changed since.
        Some(Scrubbed::Unchanged) if path.starts_with(home.done()) || is_ingested(home, lake, path).await? => {
            std::fs::remove_file(path)?;
            Some(InboxFile::Clean(format!("{name}: removed, its other rows are in the lake")))
        }
        Some(Scrubbed::Unchanged) => Some(InboxFile::Names),
    })
}

async fn is_ingested(home: &Home, lake: &Lake, path: &Path) -> anyhow::Result<bool> {
    let request = steps::ingest_request(home, &[path.to_owned()], None, &steps::run_id(clock::now()))?;
    Ok(ingest::pending(lake, request, Arc::new(ingest::Silent)).await? == 0)
}

/// Returns whether a workbook names a member, as decoded by this program.
fn workbook_names(home: &Home, path: &Path, people: &[Person]) -> anyhow::Result<bool> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    // Excel's lock file of an open workbook.
    let is_lock_file = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("~$"));
    if is_lock_file || !matches!(ending.as_str(), "xlsx" | "xlsm" | "xls" | "et") {
        return Ok(false);
    }
    let limits = home.config.ingest;
    let decoded =
        std::process::Command::new(std::env::current_exe().context("cannot find the path of the running executable")?)
            .arg("decode-sheet")
            .arg(path)
            .args(["--memory", &limits.workbook_bytes.to_string(), "--seconds", &limits.workbook_seconds.to_string()])
            .output()
            .context("cannot start the workbook decoder")?;
    let ids: Vec<&str> = people
        .iter()
        .flat_map(|person| std::iter::once(&person.member_id).chain(&person.openids))
        .map(String::as_str)
        .collect();
    if members::contains_any_id(&decoded.stdout, &ids) {
        return Ok(true);
    }
    let stderr = String::from_utf8_lossy(&decoded.stderr);
    let why = stderr.trim().trim_start_matches("zhihui: ");
    anyhow::ensure!(decoded.status.success(), "cannot decode the workbook: {why}");
    Ok(false)
}
