//! Writes checkpoints, so that opening a table reads one file and the few commits after it.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use deltalake::DeltaTable;
use deltalake::protocol::checkpoints;

use super::{LakeError, LakeTable};

/// Commits between two checkpoints.
pub(super) const INTERVAL: i64 = 50;
/// Days for which commits that a checkpoint covers stay in the log.
const LOG_DAYS: i64 = 30;

/// Writes a checkpoint every [`INTERVAL`] commits. Logs a failure, because the table is complete without the checkpoint.
pub(super) async fn write_if_due(table: &LakeTable) {
    if table.version() % INTERVAL == 0
        && table.version() > 0
        && let Err(error) = write(table).await
    {
        tracing::warn!(table = table.name(), %error, "could not write a checkpoint; the table is complete without it");
    }
}

/// Writes a checkpoint of the table's version.
pub(super) async fn write(table: &LakeTable) -> Result<(), LakeError> {
    let failed = |source: deltalake::DeltaTableError| LakeError::Delta {
        table: table.name.clone(),
        what: "writing a checkpoint of",
        source: source.into(),
    };
    let mut delta = DeltaTable::new(Arc::clone(&table.log_store));
    delta.load_version(table.state.version()).await.map_err(failed)?;
    checkpoints::create_checkpoint(&delta, None).await.map_err(failed)
}

/// Deletes commits that a checkpoint has covered for [`LOG_DAYS`].
pub(super) async fn drop_old_commits(table: &LakeTable, now: DateTime<Utc>) -> Result<(), LakeError> {
    let cutoff = (now - Duration::days(LOG_DAYS)).timestamp_millis();
    checkpoints::cleanup_expired_logs_for(table.state.version(), table.log_store.as_ref(), cutoff, None)
        .await
        .map(drop)
        .map_err(|source| LakeError::Delta {
            table: table.name.clone(),
            what: "cleaning the log of",
            source: source.into(),
        })
}
