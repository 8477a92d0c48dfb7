//! Members whom several push lists share, so that nobody is pushed more than the staff mean to.

use serde::Serialize;
use sqlx::Row;

use super::database::PushLists;
use super::error::PushListError;
use super::record::{FrozenContent, damaged};
use crate::clock::rfc3339;

/// Lists that were sent within this time count.
pub(crate) const RECENT_SECONDS: i64 = 31 * 86_400;
/// Maximum number of lists.
const MAX_LISTS: u32 = 20;

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

impl PushLists<'_> {
    /// The other lists that share members to push to with a list: those that are not sent yet, and those sent after
    /// `since`. The largest overlap is first. With `within`, only lists of authors who are limited to the same union.
    pub(crate) async fn overlaps(
        &self,
        id: &str,
        since: i64,
        within: Option<&str>,
    ) -> Result<Vec<Overlap>, PushListError> {
        let sql = "select l.id, l.state, l.frozen, l.sent_at, count(*) as members \
                   from push_lists l \
                   join push_list_members other on other.list_id = l.id \
                   join push_list_members own on own.list_id = ?1 and own.member_id = other.member_id \
                   where l.id <> ?1 and (l.state in ('draft', 'submitted', 'approved') or l.sent_at >= ?2) \
                   and (?3 is null or l.union_id = ?3) and other.arm = 'push' and own.arm = 'push' \
                   and other.left_out is null and own.left_out is null \
                   group by l.id order by members desc, l.id limit ?4";
        let rows = sqlx::query(sql).bind(id).bind(since).bind(within).bind(MAX_LISTS).fetch_all(self.pool()).await?;
        let overlap = |row: &sqlx::sqlite::SqliteRow| {
            let frozen: String = row.try_get("frozen")?;
            let frozen: FrozenContent = serde_json::from_str(&frozen).map_err(damaged)?;
            let sent_at: Option<i64> = row.try_get("sent_at")?;
            Ok(Overlap {
                id: row.try_get("id")?,
                item_title: frozen.item_title,
                state: row.try_get("state")?,
                sent_at: sent_at.map(rfc3339),
                members: row.try_get("members")?,
            })
        };
        rows.iter().map(overlap).collect()
    }
}
