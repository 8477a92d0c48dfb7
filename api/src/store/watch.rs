//! Sees that another connection, of this process or another, has written to the database.

use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::StoreError;

/// One connection kept aside: SQLite's `data_version` changes on it whenever any other connection commits.
#[derive(Debug)]
pub(crate) struct Watch {
    connection: SqliteConnection,
    seen: i64,
}

impl Watch {
    pub(super) async fn begin(pool: &SqlitePool) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await?.detach();
        let seen = data_version(&mut connection).await?;
        Ok(Self { connection, seen })
    }

    /// Whether anybody has written since the last call.
    pub(crate) async fn changed(&mut self) -> Result<bool, StoreError> {
        let now = data_version(&mut self.connection).await?;
        Ok(std::mem::replace(&mut self.seen, now) != now)
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(connection).await?)
}
