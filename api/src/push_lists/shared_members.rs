//! Finds the push lists that share members with a list.

use super::database::PushLists;
use super::error::PushListError;
use super::overlap::Overlap;
use crate::store::error::StoreError;
use crate::store::sql;

/// Lists that are named because they share members.
const MAX_OVERLAPS: u32 = 20;
/// The subquery is evaluated once. A join would compare all members of one list with all of the other. `cross join` keeps SQLite
/// from reading the members of all lists, also of those that were sent long ago.
const SHARED: &str = "select l.id, l.state, l.frozen, l.sent_at, count(*) as members \
    from push_lists l cross join push_list_members other \
    where other.list_id = l.id and l.id <> $1 and (l.state in ('draft', 'submitted', 'approved') or l.sent_at >= $2) \
    and ($3 is null or l.union_id = $3) and other.arm = 'push' and other.left_out is null \
    and other.member_id in (select member_id from push_list_members \
                            where list_id = $1 and arm = 'push' and left_out is null) \
    group by l.id order by members desc, l.id limit $4";

impl PushLists<'_> {
    /// The other lists that share members to push to with a list: those that are not sent yet, and those sent after
    /// `since`. The largest overlap is first. With `within`, only lists of authors who are limited to the same union.
    pub(crate) async fn overlaps(
        &self,
        id: &str,
        since: i64,
        within: Option<&str>,
    ) -> Result<Vec<Overlap>, PushListError> {
        let select = sql::query(SHARED).bind(id).bind(since).bind(within).bind(MAX_OVERLAPS);
        let rows = select.fetch_all(self.pool()).await?;
        Ok(rows.iter().map(Overlap::from_row).collect::<Result<_, StoreError>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::Store;

    #[tokio::test]
    async fn members_of_other_lists_are_looked_up_in_a_set_that_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("zhihui.db")).await.expect("a store");
        let makes_a_set_once = |plan: &[String]| {
            plan.iter().any(|step| step.starts_with("LIST SUBQUERY"))
                && !plan.iter().any(|step| step.contains("CORRELATED"))
        };
        let shared = store.query_plan(SHARED).await;
        assert!(makes_a_set_once(&shared), "{shared:#?}");
        let scanned: Vec<&String> = shared.iter().filter(|step| step.starts_with("SCAN")).collect();
        assert_eq!(scanned, ["SCAN l"], "only members of lists that count are read: {shared:#?}");
        // The same question as a join, which took half a minute for lists of 36,000 members.
        let join = "select l.id, count(*) from push_lists l join push_list_members other on other.list_id = l.id \
            join push_list_members own on own.member_id = other.member_id where own.list_id = $1 and l.id <> $1 group by l.id";
        let join = store.query_plan(join).await;
        assert!(!makes_a_set_once(&join), "{join:#?}");
    }
}
