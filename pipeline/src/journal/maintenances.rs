//! When the lake was maintained.

use super::{Journal, JournalError};

impl Journal {
    /// When the last maintenance ended, seconds since 1970.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn last_maintained(&self) -> Result<Option<i64>, JournalError> {
        Ok(sqlx::query_scalar("select max(ended_at) from maintenances").fetch_one(&self.pool).await?)
    }

    /// Notes that a maintenance has ended.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn note_maintained(&self, now: i64) -> Result<(), JournalError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("delete from maintenances").execute(&mut *transaction).await?;
        sqlx::query("insert into maintenances (ended_at) values (?)").bind(now).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
