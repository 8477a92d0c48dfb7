//! Maintenance under the writer's lock: collapse of superseded rows, compaction, checkpoints, vacuum.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use zhihui_data::Table;

use super::{CommitInfo, Lake, LakeError, LakeTable, checkpoint, collapse, compact, fence, raw, vacuum};

/// The result of maintenance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MaintainReport {
    /// One entry per table.
    pub tables: Vec<TableMaintenance>,
}

/// The result for one table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableMaintenance {
    /// The table.
    pub table: String,
    /// Files before.
    pub files_before: usize,
    /// Files after.
    pub files_after: usize,
    /// Removed rows: those that newer rows of the same key supersede at every instant of the lake's history.
    pub superseded_rows: usize,
    /// Deleted files: older than the retention and not part of a version within it.
    pub files_deleted: usize,
    /// Bytes of the deleted files.
    pub bytes_deleted: u64,
}

/// Maintains every table. Takes the writer's lock, which the caller must not hold.
///
/// Removes rows of keyed tables that are superseded throughout the history ([`Lake::with_history`]), merges small files, writes
/// checkpoints, and deletes files that no version within `retention` names. `now` is the wall clock, because files have its times.
/// A reader can read the version that it opened for as long as `retention`.
///
/// # Errors
/// [`LakeError::Busy`] if another process writes. The first table that fails ends maintenance; earlier tables are complete.
pub async fn maintain(lake: &Lake, now: DateTime<Utc>, retention: Duration) -> Result<MaintainReport, LakeError> {
    let _lock = lake.lock().await?;
    let cutoff = now - retention;
    let mut report = MaintainReport::default();
    for name in lake.tables().await? {
        if let Some(table) = lake.table(&name).await? {
            report.tables.push(maintain_table(table, now, cutoff).await?);
        }
    }
    vacuum::clear_staging(lake, cutoff).await?;
    Ok(report)
}

async fn maintain_table(
    table: LakeTable,
    now: DateTime<Utc>,
    cutoff: DateTime<Utc>,
) -> Result<TableMaintenance, LakeError> {
    // Files of another writer may be deleted only if it cannot commit them any more.
    let mut table = fence::seal(table, now).await?;
    let info = CommitInfo { operation: "collapse".to_owned(), run_id: "maintain".to_owned(), at: now };
    let (version, files_before) = (table.version(), table.files().len());
    let contract = Table::ALL.iter().copied().find(|&contract| raw::raw_name(contract) == table.name());
    let superseded_rows = match contract {
        Some(contract) => {
            let since = table.lake.history().since(now);
            collapse::collapse(&mut table, contract, since, &info).await?
        }
        None => 0,
    };
    compact::compact(&mut table, &info).await?;
    if table.version() > version || table.version() % checkpoint::INTERVAL > checkpoint::INTERVAL / 5 {
        checkpoint::write(&table).await?;
    }
    checkpoint::drop_old_commits(&table, now).await?;
    let deleted = vacuum::vacuum(&table, cutoff).await?;
    Ok(TableMaintenance {
        table: table.name().to_owned(),
        files_before,
        files_after: table.files().len(),
        superseded_rows,
        files_deleted: deleted.files,
        bytes_deleted: deleted.bytes,
    })
}
