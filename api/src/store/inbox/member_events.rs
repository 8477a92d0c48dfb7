//! What the inbox holds of a member, and taking it out.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Inbox;
use crate::store::{Held, StoreError, traces};

impl Inbox {
    /// The events that tell of a member, by table.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held(&self, member_id: &str, openids: &[String]) -> Result<Held, StoreError> {
        traces::held(&self.pool, member_id, openids).await
    }

    /// `WeChat` ids that the latest bind in the inbox gives to a member; of two at one instant the smaller member id's counts,
    /// as in the overlay and in the build.
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

    /// Every bind in the inbox: `WeChat` id, member, and when, in microseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn binds(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let sql = "select body ->> '$.openid', body ->> '$.member_id', body ->> '$.at' from events \
                   where body ->> '$.type' = 'bind' and body ->> '$.openid' is not null \
                   and body ->> '$.member_id' is not null";
        Ok(sqlx::query_as(sql).fetch_all(&self.pool).await?)
    }

    /// Takes every event of a member out, durably; what a run is just taking into the lake leaves the lake again with it.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is taken out then.
    pub async fn forget(&self, member_id: &str, openids: &[String]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        traces::delete(&mut transaction, member_id, openids).await?;
        Ok(transaction.commit().await?)
    }

    /// Gives up the pages in which deleted rows lay.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn give_up_pages(&self) -> Result<(), StoreError> {
        traces::give_up_pages(&self.pool).await
    }

    /// Writes a consistent copy to a file that does not exist yet, durably.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn copy_to(&self, path: &std::path::Path) -> Result<(), StoreError> {
        traces::copy_to(&self.pool, path).await
    }
}
