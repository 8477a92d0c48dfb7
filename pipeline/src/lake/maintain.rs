//! Maintenance, never beside a writer: collapse of superseded rows, compaction, checkpoints, vacuum.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use zhihui_data::Table;

use super::{CommitInfo, Lake, LakeError, LakeTable, checkpoint, collapse, compact, raw, vacuum};

/// What maintenance did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MaintainReport {
    /// One entry for each table.
    pub tables: Vec<TableMaintenance>,
}

/// What maintenance did to one table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableMaintenance {
    /// The table.
    pub table: String,
    /// Files before.
    pub files_before: usize,
    /// Files after.
    pub files_after: usize,
    /// Rows that newer ones of the same key hide at every instant of the lake's history, removed now.
    pub superseded_rows: usize,
    /// Files deleted: older than the retention and part of no version within it.
    pub files_deleted: usize,
    /// Bytes of those.
    pub bytes_deleted: u64,
}

/// Maintains every table and takes the writer's lock for it, which the caller must not hold.
///
/// Rows of keyed tables that are superseded throughout [`Lake::with_history`] are dropped, small files merged, the log checkpointed, and files deleted that no version
/// within `retention` names. `now` is the wall clock: files carry its times. A reader that opened a table keeps reading its version as long as that is younger than `retention`.
///
/// # Errors
/// [`LakeError::Busy`] beside a writer; the first table that fails ends the run, and tables before it are done.
pub async fn maintain(lake: &Lake, now: DateTime<Utc>, retention: Duration) -> Result<MaintainReport, LakeError> {
    let _alone = lake.lock()?;
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
    mut table: LakeTable,
    now: DateTime<Utc>,
    cutoff: DateTime<Utc>,
) -> Result<TableMaintenance, LakeError> {
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
    if table.version() > version || table.version() % checkpoint::EVERY > checkpoint::EVERY / 5 {
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
