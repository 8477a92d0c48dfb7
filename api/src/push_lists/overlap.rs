//! Another push list with members of this one, so that nobody is pushed more than the staff mean to.

use serde::{Deserialize, Serialize};

use crate::clock::rfc3339;
use crate::store::error::StoreError;
use crate::store::sql::Row;

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

/// The title of a frozen list.
#[derive(Deserialize)]
struct FrozenTitle {
    item_title: String,
}

impl Overlap {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let (sent_at, frozen): (Option<i64>, &str) = (row.try_get("sent_at")?, row.try_get("frozen")?);
        let frozen: FrozenTitle = serde_json::from_str(frozen).map_err(StoreError::damaged)?;
        Ok(Self {
            id: row.try_get("id")?,
            item_title: frozen.item_title,
            state: row.try_get("state")?,
            sent_at: sent_at.map(rfc3339),
            members: row.try_get("members")?,
        })
    }
}
