//! Locks that one process of all machines holds at a time.

use sqlx::postgres::PgConnection;

use super::database::Store;
use super::error::StoreError;
use super::sql::Pool;

/// A lock of the database. It ends when it is dropped, and when its process, its machine or the server ends.
#[derive(Debug)]
pub struct StoreLock {
    /// The server keeps the lock as long as this connection. `None` for a database in a file, which one machine uses.
    _connection: Option<PgConnection>,
}

impl Store {
    /// Takes a lock, unless another process has it. In a file there are no such locks, and every call succeeds: processes of
    /// one machine lock files of the home.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn try_lock(&self, name: &str) -> Result<Option<StoreLock>, StoreError> {
        let Pool::Postgres(pool) = self.pool() else { return Ok(Some(StoreLock { _connection: None })) };
        let mut connection = pool.acquire().await?.detach();
        let sql = "select pg_try_advisory_lock(hashtext($1), hashtext(current_schema()))";
        let is_free: bool = sqlx::query_scalar(sql).bind(name).fetch_one(&mut connection).await?;
        Ok(is_free.then_some(StoreLock { _connection: Some(connection) }))
    }
}
