//! Adds typed rows that do not come from a file, such as events of the inbox.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use zhihui_data::{ErasedIds, Table, Zone};

use super::commit::{self, Run};
use super::decode::{Decoded, StagedFile, empty_report};
use super::sink::DecodedRows;
use super::stage::{MemoryBudget, Stage};
use super::{Counts, IngestError};
use crate::config::IngestLimits;
use crate::lake::Lake;

/// Typed rows for one table.
#[derive(Debug, Clone)]
pub struct EventRows {
    /// The table.
    pub table: Table,
    /// Batches of contract columns in their stored types. Columns may be missing.
    pub batches: Vec<RecordBatch>,
    /// Origin of the rows, stored instead of a file's hash.
    pub origin: String,
    /// Name and number of the application transaction. Nothing is added if the table has this number or a later one.
    pub transaction: (String, i64),
}

/// Adds the rows that are not in the lake yet, in one commit. The caller holds the lake lock and omits erased members.
///
/// # Errors
/// If the lake fails. Nothing is added then.
pub async fn add_rows(
    lake: &Lake,
    rows: EventRows,
    run_id: &str,
    zone: Zone,
    as_of: DateTime<Utc>,
) -> Result<Counts, IngestError> {
    let mut stage = Stage::new(&MemoryBudget::new(usize::MAX / 2, Path::new("")));
    let mut count = 0;
    for batch in rows.batches {
        count += batch.num_rows() as u64;
        stage.push(batch).map_err(|error| IngestError::Worker(error.to_string()))?;
    }
    let decoded_rows =
        DecodedRows { stage, rows: count, reasons: BTreeMap::new(), unknown: Vec::new(), notes: Vec::new() };
    let staged = StagedFile { table: rows.table, transaction: rows.transaction, decoded_rows };
    let mut report = empty_report(Path::new(&rows.origin));
    report.sha256 = Some(rows.origin);
    let mut decoded = Decoded { report, staged: Some(staged) };
    let commit_rows = IngestLimits::default().commit_rows;
    commit::commit(
        lake,
        &Run { id: run_id, zone, as_of, erased: &ErasedIds::default(), commit_rows },
        rows.table,
        &mut [&mut decoded],
    )
    .await?;
    Ok(decoded.report.counts)
}
