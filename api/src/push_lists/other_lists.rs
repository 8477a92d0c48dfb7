//! The members of other push lists that are under way, for audiences whose members are in one list at a time.

use super::database::PushLists;
use crate::store::error::StoreError;

/// Another list, with its members to push to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OtherList {
    pub(crate) id: String,
    state: String,
    /// Ids of its members, one a line.
    pub(crate) ids: String,
}

impl OtherList {
    /// Identifies the members of the list: who is left out is fixed when it is sent.
    pub(crate) fn key(&self) -> String {
        format!("{} {} {}", self.id, self.state, self.ids.len())
    }
}

impl PushLists<'_> {
    /// The members to push to in lists for other items that are approved or exported, and were sent, or approved if they
    /// were not, at or after `since`. Lists of all unions count, because a member is one person.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub(crate) async fn members_of_others(
        &self,
        item_id: Option<&str>,
        since: i64,
    ) -> Result<Vec<OtherList>, StoreError> {
        let sql = "select l.id, l.state, group_concat(m.member_id, char(10)) \
                   from push_lists l join push_list_members m on m.list_id = l.id \
                   where l.state in ('approved', 'exported') and (?1 is null or l.item_id <> ?1) \
                   and coalesce(l.sent_at, l.approved_at) >= ?2 and m.arm = 'push' and m.left_out is null \
                   group by l.id order by l.id";
        let rows: Vec<(String, String, String)> =
            sqlx::query_as(sql).bind(item_id).bind(since).fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(|(id, state, ids)| OtherList { id, state, ids }).collect())
    }
}
