//! Sees that another connection, of this process or another, has written to tables that a service holds in memory.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::StoreError;

/// One connection kept aside: SQLite's `data_version` changes on it whenever any other connection commits, and the table
/// `change_counters` says to which group of tables.
#[derive(Debug)]
pub(crate) struct Watch {
    connection: SqliteConnection,
    data_version: i64,
    counters: Counters,
}

/// Which groups of tables were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    pub(crate) keys: bool,
    pub(crate) rights: bool,
    pub(crate) sign_in_locks: bool,
}

impl Changes {
    pub(crate) const ALL: Self = Self { keys: true, rights: true, sign_in_locks: true };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counters {
    keys: i64,
    rights: i64,
    sign_in_locks: i64,
}

impl Watch {
    pub(super) async fn begin(pool: &SqlitePool) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await?.detach();
        let data_version = data_version(&mut connection).await?;
        let counters = counters(&mut connection).await?;
        Ok(Self { connection, data_version, counters })
    }

    /// What was written since the last call.
    pub(crate) async fn changes(&mut self) -> Result<Changes, StoreError> {
        let data_version = data_version(&mut self.connection).await?;
        if std::mem::replace(&mut self.data_version, data_version) == data_version {
            return Ok(Changes::default());
        }
        let now = counters(&mut self.connection).await?;
        let before = std::mem::replace(&mut self.counters, now);
        Ok(Changes {
            keys: before.keys != now.keys,
            rights: before.rights != now.rights,
            sign_in_locks: before.sign_in_locks != now.sign_in_locks,
        })
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(connection).await?)
}

async fn counters(connection: &mut SqliteConnection) -> Result<Counters, StoreError> {
    let mut counters = Counters::default();
    for row in sqlx::query("select what, version from change_counters").fetch_all(connection).await? {
        let version = row.try_get("version")?;
        match row.try_get("what")? {
            "keys" => counters.keys = version,
            "rights" => counters.rights = version,
            "sign_in_locks" => counters.sign_in_locks = version,
            _ => {}
        }
    }
    Ok(counters)
}
