//! What the inbox holds of a member, and taking it out.

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

    /// `WeChat` ids that events in the inbox bind to a member: those since the snapshot stand nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn bound_openids(&self, member_id: &str) -> Result<Vec<String>, StoreError> {
        let sql = "select distinct body ->> '$.openid' from events \
                   where body ->> '$.type' = 'bind' and body ->> '$.member_id' = ?";
        Ok(sqlx::query_scalar(sql).bind(member_id).fetch_all(&self.pool).await?)
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
