//! The members of other push lists that are under way, for audiences whose members are in one list at a time.

use super::database::PushLists;
use crate::store::error::StoreError;
use crate::store::sql;

/// `cross join` keeps SQLite from reading the members of all lists, also of those that do not count any more.
const OTHERS: &str = "select l.id, l.state, string_agg(m.member_id, $4) \
    from push_lists l left join push_lists own on own.id = $3 cross join push_list_members m \
    where m.list_id = l.id and l.state in ('approved', 'exported') and ($1 is null or coalesce(l.sent_item_id, l.item_id) <> $1) \
    and coalesce(l.sent_at, l.approved_at) >= $2 and m.arm = 'push' and m.left_out is null \
    and ($3 is null or (l.id <> $3 and (l.sent_at is not null \
    or (l.approved_at, l.id) < (own.approved_at, own.id)))) \
    group by l.id order by l.id";

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
    /// `sending` is the id of a list that is about to be sent. Of two lists that are not sent yet, the one that was approved
    /// first keeps the members, so only lists that were sent, or approved before it, count.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub(crate) async fn members_of_others(
        &self,
        item_id: Option<&str>,
        since: i64,
        sending: Option<&str>,
    ) -> Result<Vec<OtherList>, StoreError> {
        let select = sql::query_as(OTHERS).bind(item_id).bind(since).bind(sending).bind("\n");
        let rows: Vec<(String, String, String)> = select.fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(|(id, state, ids)| OtherList { id, state, ids }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::Store;

    #[tokio::test]
    async fn only_members_of_lists_that_count_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("zhihui.db")).await.expect("a store");
        let plan = store.query_plan(OTHERS).await;
        assert_eq!(plan.iter().filter(|step| step.starts_with("SCAN")).collect::<Vec<_>>(), ["SCAN l"], "{plan:#?}");
    }
}
