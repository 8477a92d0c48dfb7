//! What a database server tells about itself.

use super::database::Store;
use super::error::StoreError;
use super::sql::{self, Dialect};

/// State of a database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerStatus {
    /// Version, such as `15.18`.
    pub version: String,
    /// Time of its clock, seconds since 1970 in UTC.
    pub now: i64,
    /// Whether what it has acknowledged survives a power failure.
    pub is_durable: bool,
    /// Whether it refuses writes, because it follows another server.
    pub is_standby: bool,
}

impl Store {
    /// State of the server; `None` for a database in a file.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn server_status(&self) -> Result<Option<ServerStatus>, StoreError> {
        if self.pool().dialect() == Dialect::Sqlite {
            return Ok(None);
        }
        let sql = "select current_setting('server_version'), extract(epoch from clock_timestamp())::bigint, \
                   current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' \
                   and current_setting('synchronous_commit') not in ('off', 'local'), pg_is_in_recovery()";
        let row: (String, i64, bool, bool) = sql::query_as(sql).fetch_one(self.pool()).await?;
        let (version, now, is_durable, is_standby) = row;
        Ok(Some(ServerStatus { version, now, is_durable, is_standby }))
    }
}
