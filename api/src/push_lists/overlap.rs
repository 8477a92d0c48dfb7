//! Another push list with members of this one, so that nobody is pushed more than the staff mean to.

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::clock::rfc3339;
use crate::store::error::StoreError;

/// Lists that were sent within this time count.
pub(crate) const RECENT_SECONDS: i64 = 31 * 86_400;

/// Another list with members of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Id of the other list.
    pub id: String,
    /// Title of its item.
    pub item_title: String,
    /// Its state.
    pub state: String,
    /// When it was sent.
    pub sent_at: Option<String>,
    /// Members to push to in both lists.
    pub members: u32,
}

impl Overlap {
    pub(crate) fn from_row(row: &SqliteRow) -> Result<Self, StoreError> {
        let sent_at: Option<i64> = row.try_get("sent_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            item_title: row.try_get("item_title")?,
            state: row.try_get("state")?,
            sent_at: sent_at.map(rfc3339),
            members: row.try_get("members")?,
        })
    }
}
