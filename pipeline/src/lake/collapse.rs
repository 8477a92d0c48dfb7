//! Drops rows of keyed tables that a later row of the same key has replaced.

use futures::TryStreamExt;
use zhihui_data::Table;
use zhihui_data::tables::Identity;

use super::content::Fingerprint;
use super::{CommitInfo, CommitMode, LakeError, LakeTable};
use crate::sql::{self, SessionLimits};

/// Memory for finding the standing rows, in bytes; beyond it the sort spills beside the lake.
const MEMORY_BYTES: usize = 1 << 30;

/// Rewrites the table with its current rows alone and says how many rows went. Facts, which replace nothing, stay.
///
/// What was written is read back and must be what the view of current rows gave.
pub(super) async fn collapse(table: &mut LakeTable, contract: Table, info: &CommitInfo) -> Result<usize, LakeError> {
    if matches!(contract.identity(), Identity::Event { .. }) || table.rows() == 0 {
        return Ok(0);
    }
    let failed = |error: &dyn std::fmt::Display| LakeError::Rows {
        table: contract.name().to_owned(),
        detail: format!("its current rows cannot be found: {error}"),
    };
    let limits = SessionLimits { memory_bytes: MEMORY_BYTES, threads: 2, spill_dir: Some(table.lake.scratch()?) };
    let session = sql::session(&table.lake, &limits, None).await.map_err(|error| failed(&error))?;
    let columns = sql::raw_columns(contract);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let current = session.sql(&sql::current_rows(contract, &columns, None)).await.map_err(|error| failed(&error))?;
    let kept = current.clone().count().await.map_err(|error| failed(&error))?;
    let superseded = table.rows().saturating_sub(kept);
    if superseded == 0 {
        return Ok(0);
    }
    let (mut writer, mut expected) = (table.writer(), Fingerprint::default());
    let mut batches = current.execute_stream().await.map_err(|error| failed(&error))?;
    while let Some(batch) = batches.try_next().await.map_err(|error| failed(&error))? {
        expected.add(&batch).map_err(|error| failed(&error))?;
        writer.write(&batch).await?;
    }
    let written = writer.finish().await?;
    let found = Fingerprint::of(table.read(&written.files, &columns).await?, table.name()).await?;
    if expected != found || written.rows() != kept {
        let partition = "its current rows".to_owned();
        return Err(LakeError::ContentChanged { table: table.name().to_owned(), partition });
    }
    table.commit(written, CommitMode::ReplaceAll, Vec::new(), info.clone()).await?;
    Ok(superseded)
}
