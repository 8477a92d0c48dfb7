//! Addresses from which too many wrong passwords came, whatever the names: one who tries one password on many names.

use sqlx::sqlite::SqlitePool;

use super::{StoreError, Users};
use crate::settings::SessionSettings;

impl Users<'_> {
    /// Seconds until an address may try again, `None` when it may now.
    pub(crate) async fn address_locked(&self, address: &str, now: i64) -> Result<Option<i64>, StoreError> {
        let until: Option<i64> = sqlx::query_scalar("select locked_until from failed_sign_ins where name = ?")
            .bind(key(address))
            .fetch_optional(self.pool())
            .await?;
        Ok(until.filter(|&until| until > now).map(|until| until - now))
    }

    /// Counts a wrong password from an address; too many within the time of a lock lock it.
    pub(crate) async fn note_address(
        &self,
        address: &str,
        settings: &SessionSettings,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into failed_sign_ins (name, failures, last_at, locked_until) values (?1, 1, ?2, 0)
             on conflict (name) do update set
                 failures = case when locked_until > 0 or last_at <= ?2 - ?4 then 1 else failures + 1 end,
                 last_at = ?2,
                 locked_until = case when locked_until = 0 and last_at > ?2 - ?4 and failures + 1 >= ?3 then ?2 + ?4
                                     else 0 end",
        )
        .bind(key(address))
        .bind(now)
        .bind(settings.failures_before_address_lock)
        .bind(settings.lock_seconds)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    fn pool(&self) -> &SqlitePool {
        self.pool
    }
}

/// Where an address stands among the names: no name has a control character.
fn key(address: &str) -> String {
    format!("\u{1}{address}")
}
