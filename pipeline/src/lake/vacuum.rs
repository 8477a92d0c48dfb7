//! Deletes files that no version within the retention names: files of removed rows, and files that a crash left.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStoreExt};

use super::durable::STAGING;
use super::{Lake, LakeError, LakeTable};

/// Number and bytes of the deleted files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Deleted {
    pub(super) files: usize,
    pub(super) bytes: u64,
}

/// Deletes files that the table has not named since `cutoff`. The caller must hold the writer's lock, so that no file is being
/// written, and in an object store the table must be sealed ([`super::fence`]), so that files of earlier holders stay uncommitted.
pub(super) async fn vacuum(table: &LakeTable, cutoff: DateTime<Utc>) -> Result<Deleted, LakeError> {
    let live: BTreeSet<String> = table.files().into_iter().map(|file| file.path).collect();
    let removed = removal_times(table).await?;
    let folder = Path::from(table.name());
    let log = folder.clone().join("_delta_log");
    let prefix = format!("{folder}/");
    let found = list(&table.lake, table.name(), &folder).await?;
    let expired = found.into_iter().filter(|file| {
        let path = file.location.as_ref().strip_prefix(&prefix).unwrap_or_default();
        let removed_at = removed.get(path).copied().unwrap_or(file.last_modified);
        !file.location.prefix_matches(&log) && !live.contains(path) && removed_at < cutoff
    });
    delete(&table.lake, table.name(), expired).await
}

/// Deletes incomplete files that a crash left before `cutoff`.
pub(super) async fn clear_staging(lake: &Lake, cutoff: DateTime<Utc>) -> Result<(), LakeError> {
    let staged = list(lake, "the lake", &Path::from(STAGING)).await?;
    delete(lake, "the lake", staged.into_iter().filter(|file| file.last_modified < cutoff)).await.map(drop)
}

/// Returns when each file that the log records as removed was removed.
async fn removal_times(table: &LakeTable) -> Result<HashMap<String, DateTime<Utc>>, LakeError> {
    let removed = table.state.all_tombstones(table.log_store.as_ref());
    let times = removed.map_ok(|file| {
        let time = file.deletion_timestamp().and_then(DateTime::from_timestamp_millis);
        time.map(|time| (file.path().into_owned(), time))
    });
    let times: Vec<_> = times.try_collect().await.map_err(|source| LakeError::Delta {
        table: table.name.clone(),
        what: "reading removed files of",
        source: source.into(),
    })?;
    Ok(times.into_iter().flatten().collect())
}

async fn list(lake: &Lake, table: &str, folder: &Path) -> Result<Vec<ObjectMeta>, LakeError> {
    match lake.store().list(Some(folder)).try_collect().await {
        Err(Error::NotFound { .. }) => Ok(Vec::new()),
        other => other.map_err(|source| failed(table, "listing files", source)),
    }
}

async fn delete(lake: &Lake, table: &str, files: impl Iterator<Item = ObjectMeta>) -> Result<Deleted, LakeError> {
    let mut deleted = Deleted::default();
    let mut files = futures::stream::iter(files);
    while let Some(file) = files.next().await {
        match lake.store().delete(&file.location).await {
            Ok(()) => {
                deleted.files += 1;
                deleted.bytes += file.size;
            }
            Err(Error::NotFound { .. }) => {}
            Err(source) => return Err(failed(table, "deleting a file", source)),
        }
    }
    Ok(deleted)
}

fn failed(table: &str, what: &'static str, source: Error) -> LakeError {
    LakeError::Store { table: table.to_owned(), what, source }
}
