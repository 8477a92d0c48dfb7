//! Rows that do not come from a file: events of the inbox, already typed, on the same way into the lake.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use zhihui_data::{ErasedIds, Table, Zone};

use super::commit::{self, Run};
use super::decode::{Decoded, Waiting, blank};
use super::sink::Gathered;
use super::stage::{Room, Stage};
use super::{Counts, IngestError};
use crate::config::IngestLimits;
use crate::lake::Lake;

/// Typed rows for one table.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The table.
    pub table: Table,
    /// Columns by their contract names in the stored types; contract columns may be missing.
    pub batches: Vec<RecordBatch>,
    /// Where they come from, in place of a file's hash.
    pub origin: String,
    /// The application transaction: its name and number. A table that has this number or a later one takes nothing.
    pub transaction: (String, i64),
}

/// Adds rows that are not in the lake yet, in one commit. Whoever calls holds the lake's lock, and hands over no row of
/// a member who was erased.
///
/// # Errors
/// When the lake refuses; nothing is added then.
pub async fn add_rows(
    lake: &Lake,
    rows: Rows,
    run_id: &str,
    zone: Zone,
    as_of: DateTime<Utc>,
) -> Result<Counts, IngestError> {
    let mut stage = Stage::new(&Room::new(usize::MAX / 2, Path::new("")));
    let mut count = 0;
    for batch in rows.batches {
        count += batch.num_rows() as u64;
        stage.push(batch).map_err(|error| IngestError::Worker(error.to_string()))?;
    }
    let gathered = Gathered { stage, rows: count, reasons: BTreeMap::new(), unknown: Vec::new() };
    let waiting = Waiting { table: rows.table, transaction: rows.transaction, gathered };
    let mut report = blank(Path::new(&rows.origin));
    report.sha256 = Some(rows.origin);
    let mut decoded = Decoded { report, waiting: Some(waiting) };
    let commit_rows = IngestLimits::default().commit_rows;
    commit::commit(
        lake,
        &Run { id: run_id, zone, as_of, forgotten: &ErasedIds::default(), commit_rows },
        rows.table,
        &mut [&mut decoded],
    )
    .await?;
    Ok(decoded.report.counts)
}
