//! Locks after too many wrong passwords, as they are kept: the service counts failures in memory and writes locks alone.

use sqlx::Row;

use super::{StoreError, Users};

/// A lock of a name at an address; an empty one stands for any.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) name: String,
    pub(crate) address: String,
}

impl Users<'_> {
    /// The locks that hold at `now`, each with the second in which it ends.
    pub(crate) async fn locks(&self, now: i64) -> Result<Vec<(Lock, i64)>, StoreError> {
        let rows = sqlx::query("select name, address, until from sign_in_locks where until > ?");
        let rows = rows.bind(now).fetch_all(self.pool).await?;
        let lock = |row: &sqlx::sqlite::SqliteRow| {
            let lock = Lock { name: row.try_get("name")?, address: row.try_get("address")? };
            Ok((lock, row.try_get("until")?))
        };
        rows.iter().map(lock).collect()
    }

    /// Keeps a lock, so that a restart does not lift it; locks that are over go.
    pub(crate) async fn keep_lock(&self, lock: &Lock, until: i64, now: i64) -> Result<(), StoreError> {
        sqlx::query("delete from sign_in_locks where until <= ?").bind(now).execute(self.pool).await?;
        let sql = "insert into sign_in_locks (name, address, until) values (?1, ?2, ?3) \
                   on conflict (name, address) do update set until = ?3";
        sqlx::query(sql).bind(&lock.name).bind(&lock.address).bind(until).execute(self.pool).await?;
        Ok(())
    }

    /// Removes the locks of an account, at any address; gives how many there were. Running services follow within a second.
    ///
    /// # Errors
    /// [`StoreError::UnknownUser`] when there is no such account.
    pub async fn unlock(&self, name: &str) -> Result<u64, StoreError> {
        let name = name.trim();
        if !self.exists(name).await? {
            return Err(StoreError::UnknownUser(name.to_owned()));
        }
        let done = sqlx::query("delete from sign_in_locks where name = ?").bind(name).execute(self.pool).await?;
        Ok(done.rows_affected())
    }

    /// Removes the locks at an address, of any name; gives how many there were. Running services follow within a second.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be removed.
    pub async fn unlock_address(&self, address: &str) -> Result<u64, StoreError> {
        let done = sqlx::query("delete from sign_in_locks where address = ?").bind(address).execute(self.pool).await?;
        Ok(done.rows_affected())
    }
}
