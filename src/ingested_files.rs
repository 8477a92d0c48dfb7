//! Ingested files of the inbox: they move to `inbox/done/` or are deleted, and lose names, phone numbers and identity numbers.

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
use crate::output::told;
use crate::{clock, steps};

/// A file that was written to within this time may not be whole yet, so its place is not taken from the writer.
const QUIET: Duration = Duration::from_secs(1);
/// Only a file that was left alone for this long before it was read can be known by its size and times again: nanoseconds.
const SETTLED_NS: i64 = 2_000_000_000;

/// Files of a report that the next run need not read again; `before` are those that this run knew.
pub(crate) fn known(report: &IngestReport, before: &KnownFiles, cleared: &Cleared) -> KnownFiles {
    let settled = clock::now().timestamp_nanos_opt().unwrap_or_default() - SETTLED_NS;
    let in_lake = report.files.iter().filter(|file| is_in_lake(file));
    in_lake
        .filter_map(|file| {
            let (mark, sha256) = (file.stamp?, file.sha256.clone()?);
            let path = Path::new(&file.path).canonicalize().ok()?;
            let names_nobody = cleared.names_nobody.contains(&path) || is_known_to_name_nobody(before, &path, mark);
            (mark.changed_ns < settled)
                .then_some((path, KnownFile { stamp: mark, sha256, has_no_personal_data: names_nobody }))
        })
        .collect()
}

fn is_known_to_name_nobody(known: &KnownFiles, path: &Path, mark: FileStamp) -> bool {
    known.get(path).is_some_and(|file| file.stamp == mark && file.has_no_personal_data)
}

/// What became of the files of the inbox.
#[derive(Debug, Default)]
pub(crate) struct Cleared {
    /// A line for each file that did not simply move or stay.
    pub(crate) lines: Vec<String>,
    /// Files that stay and have no column of names, phone numbers or identity numbers.
    names_nobody: BTreeSet<PathBuf>,
}

fn is_in_lake(file: &FileReport) -> bool {
    matches!(file.status, FileStatus::Ingested | FileStatus::Already)
}

/// Clears files out of the inbox whose rows are durably in the lake, as `[inbox]` says.
///
/// Files outside of the inbox, those that were refused for any table, and those that were written to since they were read stay
/// as they are; the next run tries again what failed.
pub(crate) async fn clear(home: &Home, report: &IngestReport, known: &KnownFiles) -> Cleared {
    let mut cleared = Cleared::default();
    let Ok(inbox) = home.inbox().canonicalize() else { return cleared };
    let done = home.done();
    let mut files: BTreeMap<&str, Vec<&FileReport>> = BTreeMap::new();
    for file in &report.files {
        files.entry(&file.path).or_default().push(file);
    }
    let stays = home.config.inbox.after_ingest == AfterIngest::Keep;
    for (path, reports) in files {
        let path = Path::new(path);
        let Some(below) = place_in(&inbox, path) else { continue };
        if below.starts_with("done") || !reports.iter().all(|file| is_in_lake(file)) {
            continue;
        }
        if path.is_symlink() {
            // The file itself is cleared where it lies.
            if !stays {
                cleared.lines.extend(remove(path).err().map(|error| failure(path, &error)));
            }
            continue;
        }
        let Some(mark) = reports.first().and_then(|file| file.stamp) else { continue };
        let place = inbox.join(&below);
        if (stays && is_known_to_name_nobody(known, &place, mark)) || !is_quiet(path, mark).await {
            continue;
        }
        let sha256 = reports.first().and_then(|file| file.sha256.clone()).unwrap_or_default();
        let line = clear_one(home, path, &free_name(&done.join(below), &sha256), &reports);
        let line = line.unwrap_or_else(|error| Some(failure(path, &error)));
        if line.is_none() && stays && !home.config.inbox.keep_identifying {
            cleared.names_nobody.insert(place);
        }
        cleared.lines.extend(line);
    }
    cleared
}

fn failure(path: &Path, error: &anyhow::Error) -> String {
    format!("{}: ingested, but it cannot be taken out of the inbox: {}", path.display(), told(error))
}

/// Where a file lies below the inbox; `None` outside of it.
fn place_in(inbox: &Path, path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path = folder.canonicalize().ok()?.join(path.file_name()?);
    path.strip_prefix(inbox).ok().map(Path::to_path_buf)
}

/// Whether a file is what was read, and nobody seems to be writing to it.
async fn is_quiet(path: &Path, mark: FileStamp) -> bool {
    let written = std::fs::metadata(path).and_then(|about| about.modified());
    let age = written.ok().and_then(|at| std::time::SystemTime::from(clock::now()).duration_since(at).ok());
    // A time that is still to come says nothing.
    if let Some(wait) = age.and_then(|age| QUIET.checked_sub(age)) {
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
    let copy = beside(to);
    let found = if settings.keep_identifying { Ok(PersonalColumns::None) } else { copied(home, path, &copy, reports) };
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
            Some(format!("{name}: ingested; {} without {} remains", to.display(), columns.join(", ")))
        }
        Ok(PersonalColumns::NotRemovable(columns)) => {
            remove(path)?;
            Some(format!("{name}: ingested and deleted, since it names people: {}", columns.join(", ")))
        }
        Err(why) => {
            let _ = std::fs::remove_file(&copy);
            Some(format!("{name}: ingested, but whether it names people cannot be found out ({why}); take it away"))
        }
    })
}

/// A copy without what names people, of a file by all tables that took its rows.
fn copied(home: &Home, path: &Path, copy: &Path, reports: &[&FileReport]) -> Result<PersonalColumns, String> {
    let source = |file: &FileReport| -> Option<&Source> {
        let name = file.source.as_ref()?;
        home.config.sources.iter().find(|source| source.name == *name)
    };
    let way = |file: &&FileReport| Some((Table::named(file.table.as_deref()?)?, source(file)));
    let ways: Vec<(Table, Option<&Source>)> = reports.iter().filter_map(way).collect();
    let request = steps::request(home, &[], None, "").map_err(|error| format!("{error:#}"))?;
    ingest::remove_personal_columns(path, copy, &ways, (&request.decoder, &request.limits))
}

/// The name itself where it is free, else one that names the content too.
fn free_name(to: &Path, sha256: &str) -> PathBuf {
    if !to.exists() {
        return to.to_path_buf();
    }
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, endings) = name.split_once('.').unwrap_or((&name, ""));
    let dot = if endings.is_empty() { "" } else { "." };
    to.with_file_name(format!("{stem}-{}{dot}{endings}", sha256.get(..8).unwrap_or(sha256)))
}

/// Where the copy is written before it takes its name; hidden, and with the endings that say how it is compressed.
fn beside(to: &Path) -> PathBuf {
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
