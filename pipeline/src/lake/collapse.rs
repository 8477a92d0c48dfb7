//! Removes superseded rows of keyed tables that no instant within the lake's history needs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use futures::TryStreamExt;
use zhihui_data::Table;

use super::history::COMPLETE_SINCE;
use super::rows_hash::RowsHash;
use super::{CommitInfo, CommitMode, LakeError, LakeTable};
use crate::sql::{self, LakeScan, SessionLimits, SpillFolder};

/// Memory of the query for the rows to keep, in bytes. A larger sort spills to a folder next to the lake.
const MEMORY_BYTES: usize = 1 << 30;

/// Rewrites the table without the rows that are superseded at every instant from `since` on, and returns how many were removed.
/// Tables of facts, sign-ups and pushes are not changed, because every row of them is needed.
///
/// Reads the new files back and compares them with the result of the query.
pub(super) async fn collapse(
    table: &mut LakeTable,
    contract: Table,
    since: DateTime<Utc>,
    info: &CommitInfo,
) -> Result<usize, LakeError> {
    let schema = table.schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let Some(statement) = sql::rows_to_keep(contract, &columns, since).filter(|_| table.rows() > 0) else {
        return Ok(0);
    };
    let failed = |error: &dyn std::fmt::Display| LakeError::Rows {
        table: contract.name().to_owned(),
        detail: format!("cannot find the rows to keep: {error}"),
    };
    let spill_dir = Some(SpillFolder::inside(table.lake.scratch()?));
    let limits = SessionLimits { memory_bytes: MEMORY_BYTES, threads: 2, spill_dir };
    let scan: Arc<dyn TableProvider> = Arc::new(LakeScan::new(table));
    let session =
        sql::session_over(&table.lake, &limits, [(format!("raw_{contract}"), scan)]).map_err(|error| failed(&error))?;
    let keep = session.sql(&statement).await.map_err(|error| failed(&error))?;
    let kept = keep.clone().count().await.map_err(|error| failed(&error))?;
    let superseded = table.rows().saturating_sub(kept);
    if superseded == 0 {
        return Ok(0);
    }
    let (mut writer, mut expected) = (table.writer(), RowsHash::default());
    let mut batches = keep.execute_stream().await.map_err(|error| failed(&error))?;
    while let Some(batch) = batches.try_next().await.map_err(|error| failed(&error))? {
        expected.add(&batch).map_err(|error| failed(&error))?;
        writer.write(&batch).await?;
    }
    let written = writer.finish().await?;
    let found = RowsHash::of(table.read(&written.files, &columns).await?, table.name()).await?;
    if expected != found || written.rows() != kept {
        let partition = "the rows to keep".to_owned();
        return Err(LakeError::ContentChanged { table: table.name().to_owned(), partition });
    }
    let since = since.timestamp_micros();
    let is_new = table.transaction(COMPLETE_SINCE).is_none_or(|before| before < since);
    let transactions = is_new.then(|| (COMPLETE_SINCE.to_owned(), since)).into_iter().collect();
    table.commit(written, CommitMode::ReplaceAll, transactions, info.clone()).await?;
    Ok(superseded)
}
