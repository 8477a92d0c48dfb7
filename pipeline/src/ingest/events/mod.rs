//! Adds events of the inbox to the raw tables, each event once, in one commit per table.

mod rows;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use zhihui_data::{Event, Table, Zone};

use super::{Counts, EventRows, IngestError, add_rows};
use crate::lake::{Lake, raw};

/// Prefix of the inbox's application transactions, and of `_file` in its rows.
pub(super) const INBOX: &str = "inbox:";

/// Consecutive events of an inbox.
#[derive(Debug, Clone, Copy)]
pub struct InboxEvents<'a> {
    /// Id of the inbox.
    pub inbox: &'a str,
    /// The events with their sequence numbers, ascending.
    pub rows: &'a [(u64, Event)],
}

/// Name of the application transaction of an inbox.
#[must_use]
pub fn inbox_transaction(inbox: &str) -> String {
    format!("{INBOX}{inbox}")
}

/// Adds events to the raw tables. The caller holds the lake lock.
///
/// Skips events that a table already has, by the number of its last transaction. So the next call completes a run that ended
/// between two tables.
///
/// # Errors
/// If the lake fails. Tables that were committed before stay committed; the same call again adds the missing events.
pub async fn add_events(
    lake: &Lake,
    events: InboxEvents<'_>,
    run_id: &str,
    zone: Zone,
    as_of: DateTime<Utc>,
) -> Result<Counts, IngestError> {
    let mut counts = Counts::default();
    let Some((last, _)) = events.rows.last() else { return Ok(counts) };
    let number = i64::try_from(*last).unwrap_or(i64::MAX);
    let transaction = inbox_transaction(events.inbox);
    let mut by_table: BTreeMap<Table, Vec<&(u64, Event)>> = BTreeMap::new();
    for row in events.rows {
        if let Some(table) = rows::table_of(row.1.kind) {
            by_table.entry(table).or_default().push(row);
        }
    }
    for (table, rows) in by_table {
        let done = match lake.table(&raw::raw_name(table)).await? {
            Some(stored) => stored.transaction(&transaction).map_or(0, i64::unsigned_abs),
            None => 0,
        };
        let new: Vec<&(u64, Event)> = rows.into_iter().filter(|(sequence, _)| *sequence > done).collect();
        if new.is_empty() {
            continue;
        }
        let batch = rows::batch(table, &new).map_err(super::commit::rows_error(table))?;
        let rows = EventRows {
            table,
            batches: vec![batch],
            origin: format!("{transaction}:{number}"),
            transaction: (transaction.clone(), number),
        };
        counts.add(&add_rows(lake, rows, run_id, zone, as_of).await?);
    }
    Ok(counts)
}
