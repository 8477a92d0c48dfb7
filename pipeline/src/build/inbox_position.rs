//! Reads up to which number the lake contains the events of an inbox.

use crate::ingest::inbox_transaction;
use crate::lake::{Lake, LakeError};

/// Numbers of an inbox's events in the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxPosition {
    /// The built tables contain every event up to this number; 0 before the first build.
    pub built: u64,
    /// The highest number in any table. A table may skip events up to it as already stored.
    pub highest: u64,
}

/// Reads the application transactions of an inbox from every table.
///
/// # Errors
/// [`LakeError`] if a table cannot be opened.
pub async fn inbox_position(lake: &Lake, inbox: &str) -> Result<InboxPosition, LakeError> {
    let transaction = inbox_transaction(inbox);
    let mut position = InboxPosition::default();
    for name in lake.tables().await? {
        let Some(table) = lake.table(&name).await? else { continue };
        let number = table.transaction(&transaction).map_or(0, i64::unsigned_abs);
        position.highest = position.highest.max(number);
        if name == super::state::TABLE {
            position.built = number;
        }
    }
    Ok(position)
}
