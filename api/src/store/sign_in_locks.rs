//! Stored sign-in locks. The service counts wrong passwords in memory and stores only the locks.

use super::error::StoreError;
use super::sql::{self, Row};
use super::users::Users;

/// Locks a name at an address. An empty field matches any value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) name: String,
    pub(crate) address: String,
}

impl Users<'_> {
    /// The locks in effect at `now`, each with its end.
    pub(crate) async fn locks(&self, now: i64) -> Result<Vec<(Lock, i64)>, StoreError> {
        let rows = sql::query("select name, address, until from sign_in_locks where until > $1");
        let rows = rows.bind(now).fetch_all(self.pool).await?;
        let lock = |row: &Row| {
            let lock = Lock { name: row.try_get("name")?, address: row.try_get("address")? };
            Ok((lock, row.try_get("until")?))
        };
        rows.iter().map(lock).collect()
    }

    /// Stores a lock, so that it survives a restart, and deletes expired locks.
    pub(crate) async fn store_lock(&self, lock: &Lock, until: i64, now: i64) -> Result<(), StoreError> {
        sql::query("delete from sign_in_locks where until <= $1").bind(now).execute(self.pool).await?;
        let sql = "insert into sign_in_locks (name, address, until) values ($1, $2, $3) \
                   on conflict (name, address) do update set until = $3";
        sql::query(sql).bind(&lock.name).bind(&lock.address).bind(until).execute(self.pool).await?;
        Ok(())
    }

    /// Removes the locks of an account at all addresses and returns their number. Running services follow within a second.
    ///
    /// # Errors
    /// [`StoreError::UnknownUser`].
    pub async fn unlock(&self, name: &str) -> Result<u64, StoreError> {
        let name = name.trim();
        if !self.exists(name).await? {
            return Err(StoreError::UnknownUser(name.to_owned()));
        }
        let done = sql::query("delete from sign_in_locks where name = $1").bind(name).execute(self.pool).await?;
        Ok(done.rows_affected())
    }

    /// Removes the locks of an address for all names and returns their number. Running services follow within a second.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unlock_address(&self, address: &str) -> Result<u64, StoreError> {
        let done = sql::query("delete from sign_in_locks where address = $1").bind(address).execute(self.pool).await?;
        Ok(done.rows_affected())
    }
}
