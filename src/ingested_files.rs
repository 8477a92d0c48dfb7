//! Moves ingested files of the inbox to `inbox/done/` or deletes them, and removes names, phone numbers and identity
//! numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use zhihui_data::Table;
use zhihui_pipeline::config::{AfterIngest, Source};
use zhihui_pipeline::ingest::{
    self, FileReport, FileStamp, FileStatus, IngestReport, KnownFile, KnownFiles, PersonalColumns,
};
use zhihui_pipeline::lake::{Disk as _, SystemDisk, make_folder};

use crate::home::Home;
use crate::output::format_error;
use crate::{clock, steps};

/// A file written within this time may be incomplete and is not moved.
const MIN_IDLE: Duration = Duration::from_secs(1);
/// Size and times identify a file only if it was not written for this time before it was read. Unit: nanoseconds.
const SETTLED_NS: i64 = 2_000_000_000;

/// Returns the ingested files that the next run can skip. `before` are the known files of this run.
pub(crate) fn known_files(report: &IngestReport, before: &KnownFiles, cleanup: &InboxCleanup) -> KnownFiles {
    let settled = clock::now().timestamp_nanos_opt().unwrap_or_default() - SETTLED_NS;
    let in_lake = report.files.iter().filter(|file| is_in_lake(file));
    in_lake
        .filter_map(|file| {
            let (mark, sha256) = (file.stamp?, file.sha256.clone()?);
            let path = Path::new(&file.path).canonicalize().ok()?;
            let names_nobody = cleanup.names_nobody.contains(&path) || is_known_to_name_nobody(before, &path, mark);
            (mark.changed_ns < settled)
                .then_some((path, KnownFile { stamp: mark, sha256, has_no_personal_data: names_nobody }))
        })
        .collect()
}

fn is_known_to_name_nobody(known: &KnownFiles, path: &Path, mark: FileStamp) -> bool {
    known.get(path).is_some_and(|file| file.stamp == mark && file.has_no_personal_data)
}

/// The result of clearing the inbox.
#[derive(Debug, Default)]
pub(crate) struct InboxCleanup {
    /// A message for each file that was changed or not moved.
    pub(crate) lines: Vec<String>,
    /// Kept files without columns of names, phone numbers or identity numbers.
    names_nobody: BTreeSet<PathBuf>,
}

fn is_in_lake(file: &FileReport) -> bool {
    matches!(file.status, FileStatus::Ingested | FileStatus::Already)
}

/// Clears files whose rows are durably in the lake from the inbox, as configured in `[inbox]`.
///
/// Files outside of the inbox, files refused for any table, and files changed since they were read stay unchanged. The
/// next run retries.
pub(crate) async fn clear_inbox(home: &Home, report: &IngestReport, known: &KnownFiles) -> InboxCleanup {
    let mut cleanup = InboxCleanup::default();
    let Ok(inbox) = home.inbox().canonicalize() else { return cleanup };
    let done = home.done();
    let mut files: BTreeMap<&str, Vec<&FileReport>> = BTreeMap::new();
    for file in &report.files {
        files.entry(&file.path).or_default().push(file);
    }
    let stays = home.config.inbox.after_ingest == AfterIngest::Keep;
    for (path, reports) in files {
        let path = Path::new(path);
        let Some(below) = path_in_inbox(&inbox, path) else { continue };
        if below.starts_with("done") || !reports.iter().all(|file| is_in_lake(file)) {
            continue;
        }
        if path.is_symlink() {
            // The target of the link is cleared at its own path.
            if !stays {
                cleanup.lines.extend(remove(path).err().map(|error| failure(path, &error)));
            }
            continue;
        }
        let Some(mark) = reports.first().and_then(|file| file.stamp) else { continue };
        let inbox_path = inbox.join(&below);
        if (stays && is_known_to_name_nobody(known, &inbox_path, mark)) || !is_unchanged(path, mark).await {
            continue;
        }
        let sha256 = reports.first().and_then(|file| file.sha256.clone()).unwrap_or_default();
        let line = clear_one(home, path, &unused_path(&done.join(below), &sha256), &reports);
        let line = line.unwrap_or_else(|error| Some(failure(path, &error)));
        if line.is_none() && stays && !home.config.inbox.keep_identifying {
            cleanup.names_nobody.insert(inbox_path);
        }
        cleanup.lines.extend(line);
    }
    cleanup
}

fn failure(path: &Path, error: &anyhow::Error) -> String {
    format!("{}: ingested, but it cannot be removed from the inbox: {}", path.display(), format_error(error))
}

/// Returns the path of a file relative to the inbox, or `None` outside of it.
fn path_in_inbox(inbox: &Path, path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path = folder.canonicalize().ok()?.join(path.file_name()?);
    path.strip_prefix(inbox).ok().map(Path::to_path_buf)
}

/// Returns whether a file is unchanged since it was read and not being written.
async fn is_unchanged(path: &Path, mark: FileStamp) -> bool {
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let age = written.ok().and_then(|at| std::time::SystemTime::from(clock::now()).duration_since(at).ok());
    // A time in the future is ignored.
    if let Some(wait) = age.and_then(|age| MIN_IDLE.checked_sub(age)) {
        tokio::time::sleep(wait).await;
    }
    FileStamp::of(path).ok() == Some(mark)
}

fn clear_one(home: &Home, path: &Path, to: &Path, reports: &[&FileReport]) -> anyhow::Result<Option<String>> {
    let settings = home.config.inbox;
    let name = path.display();
    if settings.after_ingest == AfterIngest::Delete {
        remove(path)?;
        return Ok(None);
    }
    let folder = to.parent().unwrap_or(to);
    make_folder(&SystemDisk, folder).with_context(|| folder.display().to_string())?;
    let copy = temporary_path(to);
    let found = if settings.keep_identifying {
        Ok(PersonalColumns::None)
    } else {
        copy_without_identifying(home, path, &copy, reports)
    };
    Ok(match found {
        Ok(PersonalColumns::None) if settings.after_ingest == AfterIngest::Keep => None,
        Ok(PersonalColumns::None) => {
            SystemDisk.rename(path, to).with_context(|| format!("moving {name} to {}", to.display()))?;
            sync(&[folder, path.parent().unwrap_or(folder)])?;
            None
        }
        Ok(PersonalColumns::Removed(columns)) => {
            SystemDisk.rename(&copy, to).with_context(|| copy.display().to_string())?;
            sync(&[folder])?;
            remove(path)?;
            Some(format!("{name}: ingested; the copy {} has no {}", to.display(), columns.join(", ")))
        }
        Ok(PersonalColumns::NotRemovable(columns)) => {
            remove(path)?;
            Some(format!(
                "{name}: ingested and deleted because it has columns with personal data: {}",
                columns.join(", ")
            ))
        }
        Err(why) => {
            let _ = std::fs::remove_file(&copy);
            Some(format!("{name}: ingested, but cannot be searched for personal data ({why}); remove it"))
        }
    })
}

/// Copies a file without the columns that identify people in any of its tables.
fn copy_without_identifying(
    home: &Home,
    path: &Path,
    copy: &Path,
    reports: &[&FileReport],
) -> Result<PersonalColumns, String> {
    let source = |file: &FileReport| -> Option<&Source> {
        let name = file.source.as_ref()?;
        home.config.sources.iter().find(|source| source.name == *name)
    };
    let target = |file: &&FileReport| Some((Table::named(file.table.as_deref()?)?, source(file)));
    let targets: Vec<(Table, Option<&Source>)> = reports.iter().filter_map(target).collect();
    let request = steps::ingest_request(home, &[], None, "").map_err(|error| format!("{error:#}"))?;
    ingest::remove_personal_columns(path, copy, &targets, (&request.decoder, &request.limits))
}

/// Returns the path if it is unused, else a path with a part of the hash.
fn unused_path(to: &Path, sha256: &str) -> PathBuf {
    if !to.exists() {
        return to.to_path_buf();
    }
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, endings) = name.split_once('.').unwrap_or((&name, ""));
    let dot = if endings.is_empty() { "" } else { "." };
    to.with_file_name(format!("{stem}-{}{dot}{endings}", sha256.get(..8).unwrap_or(sha256)))
}

/// Returns the path at which the copy is written before it is renamed: hidden, and with the extensions that name the
/// compression.
fn temporary_path(to: &Path) -> PathBuf {
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    to.with_file_name(format!(".{name}"))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    std::fs::remove_file(path).with_context(|| path.display().to_string())?;
    sync(&[path.parent().unwrap_or(path)])
}

fn sync(folders: &[&Path]) -> anyhow::Result<()> {
    for folder in folders {
        SystemDisk.sync_folder(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}
