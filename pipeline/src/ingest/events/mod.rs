//! Events of the inbox on their way into the raw tables: each table takes its own in one commit, once.

mod rows;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use zhihui_data::{Event, Table, Zone};

use super::{Counts, IngestError, Rows, add_rows};
use crate::lake::{Lake, raw};

/// The begin of the names of the inbox's application transactions, and of `_file` in rows that came from it.
pub(super) const INBOX: &str = "inbox:";

/// Events that lie in an inbox one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct InboxEvents<'a> {
    /// Names the inbox.
    pub inbox: &'a str,
    /// The events with their numbers, ascending.
    pub rows: &'a [(u64, Event)],
}

/// The application transaction under which the lake takes events of an inbox.
#[must_use]
pub fn inbox_transaction(inbox: &str) -> String {
    format!("{INBOX}{inbox}")
}

/// Takes events into the raw tables; whoever calls holds the lake's lock.
///
/// A table that has taken events up to some number of this inbox takes only those above
/// it, so that a run that died between two tables is finished by the next.
///
/// # Errors
/// When the lake refuses; tables committed before stay committed, and the same call again adds only what is missing.
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
        let batch = rows::batch(table, &new).map_err(super::commit::unfit(table))?;
        let rows = Rows {
            table,
            batches: vec![batch],
            origin: format!("{transaction}:{number}"),
            transaction: (transaction.clone(), number),
        };
        counts.add(&add_rows(lake, rows, run_id, zone, as_of).await?);
    }
    Ok(counts)
}
