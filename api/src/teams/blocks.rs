//! The table of blocks. A block hides two members from each other for good, in every activity.

use serde::Serialize;

use super::database::Teams;
use super::error::TeamError;
use crate::clock::rfc3339;
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::error::StoreError;
use crate::store::sql::{self, Row};

/// A block, as the member who set it sees it.
#[derive(Debug, Serialize)]
pub(crate) struct BlockView {
    pub(crate) block_id: String,
    pub(crate) since: String,
    /// The blocked member, if the two were team-mates.
    pub(crate) member_id: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct BlockList {
    pub(crate) blocks: Vec<BlockView>,
}

impl Teams<'_> {
    /// Stores a block. `is_known` says whether the blocker knows who the other is. A second block of the same member
    /// changes nothing.
    pub(crate) async fn block(
        &self,
        blocked: &str,
        is_known: bool,
        (blocker, entry): (&str, &NewAuditEntry<'_>),
    ) -> Result<BlockView, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = "insert into team_blocks (id, blocker, blocked, known, at) values ($1, $2, $3, $4, $5) \
                   on conflict (blocker, blocked) \
                   do update set known = case when excluded.known = 1 then 1 else team_blocks.known end";
        sql::query(sql)
            .bind(format!("tb_{}", uuid::Uuid::new_v4().simple()))
            .bind(blocker)
            .bind(blocked)
            .bind(is_known)
            .bind(entry.at)
            .execute(&mut *transaction)
            .await?;
        let row = sql::query("select * from team_blocks where blocker = $1 and blocked = $2")
            .bind(blocker)
            .bind(blocked)
            .fetch_one(&mut *transaction)
            .await?;
        let view = view(&row)?;
        append_in(&mut transaction, entry).await?;
        transaction.commit().await?;
        Ok(view)
    }

    /// The blocks of a member, latest first.
    pub(crate) async fn blocks_of(&self, member_id: &str) -> Result<Vec<BlockView>, StoreError> {
        let sql = "select * from team_blocks where blocker = $1 order by at desc, id";
        let rows = sql::query(sql).bind(member_id).fetch_all(self.pool).await?;
        rows.iter().map(view).collect()
    }

    /// Removes a block of a member. A block by the other member stays.
    pub(crate) async fn unblock(
        &self,
        id: &str,
        (blocker, entry): (&str, &NewAuditEntry<'_>),
    ) -> Result<(), TeamError> {
        let mut transaction = self.pool.begin_write().await?;
        let deleted = sql::query("delete from team_blocks where id = $1 and blocker = $2")
            .bind(id)
            .bind(blocker)
            .execute(&mut *transaction)
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(TeamError::UnknownBlock);
        }
        append_in(&mut transaction, entry).await?;
        Ok(transaction.commit().await?)
    }
}

fn view(row: &Row) -> Result<BlockView, StoreError> {
    let is_known: bool = row.try_get("known")?;
    let blocked: String = row.try_get("blocked")?;
    Ok(BlockView {
        block_id: row.try_get("id")?,
        since: rfc3339(row.try_get("at")?),
        member_id: is_known.then_some(blocked),
    })
}
