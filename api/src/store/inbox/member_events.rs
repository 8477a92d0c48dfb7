//! Finds and deletes the events of a member; compacts and copies the inbox.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::database::Inbox;
use crate::store::error::StoreError;
use crate::store::member_rows::MemberRows;
use crate::store::{member_rows, sqlite};

impl Inbox {
    /// All rows about a member, by table.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn member_rows(&self, member_id: &str, openids: &[String]) -> Result<MemberRows, StoreError> {
        member_rows::select(&self.pool, member_id, openids).await
    }

    /// Openids whose latest bind in the inbox is to this member. If two binds have the same time, the smaller member id
    /// wins, as in the overlay and in the build.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn bound_openids(&self, member_id: &str) -> Result<Vec<String>, StoreError> {
        let mut latest: BTreeMap<String, (Reverse<i64>, String)> = BTreeMap::new();
        for (openid, member, at) in self.binds().await? {
            let bind = (Reverse(at), member);
            match latest.entry(openid) {
                Entry::Vacant(free) => drop(free.insert(bind)),
                Entry::Occupied(mut held) if bind < *held.get() => drop(held.insert(bind)),
                Entry::Occupied(_) => {}
            }
        }
        Ok(latest.into_iter().filter(|(_, (_, member))| member == member_id).map(|(openid, _)| openid).collect())
    }

    /// All binds in the inbox: openid, member, and time in microseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn binds(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let sql = "select body ->> '$.openid', body ->> '$.member_id', body ->> '$.at' from events \
                   where body ->> '$.type' = 'bind' and body ->> '$.openid' is not null \
                   and body ->> '$.member_id' is not null";
        Ok(sqlx::query_as(sql).fetch_all(&self.pool).await?)
    }

    /// Deletes all events of a member durably. Events that a run is committing at the same time are removed from the lake
    /// with the erasure.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is deleted then.
    pub async fn erase_member(&self, member_id: &str, openids: &[String]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        member_rows::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// Rewrites the file, so that it holds no deleted content.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn vacuum(&self) -> Result<(), StoreError> {
        sqlite::vacuum(&self.pool).await
    }

    /// Writes a consistent and durable copy to a file that does not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn copy_to(&self, path: &std::path::Path) -> Result<(), StoreError> {
        sqlite::copy_to(&self.pool, path).await
    }
}
