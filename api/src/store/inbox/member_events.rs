//! Finds and deletes the events of a member; compacts and copies the inbox.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use zhihui_data::Event;

use super::database::Inbox;
use crate::store::copy::copy_rows;
use crate::store::error::StoreError;
use crate::store::member_rows::MemberRows;
use crate::store::sql::{self, Pool};
use crate::store::{files, member_rows, sqlite};

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
        let bodies: Vec<String> =
            sql::query_scalar("select body from events where type = 'bind'").fetch_all(&self.pool).await?;
        let mut binds = Vec::with_capacity(bodies.len());
        for body in bodies {
            let event: Event = serde_json::from_str(&body).map_err(|error| sqlx::Error::Decode(error.into()))?;
            if let (Some(openid), Some(member_id)) = (event.openid, event.member_id) {
                binds.push((openid, member_id, event.at));
            }
        }
        Ok(binds)
    }

    /// Deletes all events of a member durably. Events that a run is committing at the same time are removed from the lake
    /// with the erasure.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is deleted then.
    pub async fn erase_member(&self, member_id: &str, openids: &[String]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        member_rows::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// Rewrites the files, so that they hold no deleted content.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn vacuum(&self) -> Result<(), StoreError> {
        files::vacuum(&self.pool).await
    }

    /// Writes a consistent and durable copy to a file that does not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn copy_to(&self, path: &std::path::Path) -> Result<(), StoreError> {
        if let Pool::Sqlite(pool) = &self.pool {
            return sqlite::copy_to(pool, path).await;
        }
        let file = Self::open(path, self.clock()).await?;
        file.copy_rows_of(self).await?;
        file.close().await;
        Ok(())
    }

    /// Copies everything from another inbox into this one, which must be empty. It has the id of the other one afterwards:
    /// open it again.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] or [`StoreError::Database`]; nothing is copied then.
    pub async fn copy_rows_of(&self, other: &Self) -> Result<(), StoreError> {
        copy_rows(&other.pool, &self.pool, "events").await
    }
}
