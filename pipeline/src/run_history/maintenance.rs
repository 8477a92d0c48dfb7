//! Stores the time of the last maintenance.

use super::{RunHistory, RunHistoryError};

impl RunHistory {
    /// Returns the end of the last maintenance, seconds since 1970.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn last_maintenance(&self) -> Result<Option<i64>, RunHistoryError> {
        Ok(sqlx::query_scalar("select max(ended_at) from maintenances").fetch_one(&self.pool).await?)
    }

    /// Stores the end of a maintenance.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn record_maintenance(&self, now: i64) -> Result<(), RunHistoryError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("delete from maintenances").execute(&mut *transaction).await?;
        sqlx::query("insert into maintenances (ended_at) values (?)").bind(now).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
