//! The database handle of the inbox.

use std::path::Path;

use crate::clock::Clock;
use crate::store::error::StoreError;
use crate::store::migrations::{self, MigrationFile, migration_file};
use crate::store::postgres::PostgresServer;
use crate::store::sql::{self, Pool};
use crate::store::sqlite;

const MAX_CONNECTIONS: u32 = 4;
/// How long the identity of an event is kept to detect duplicates.
pub(crate) const IDENTITY_SECONDS: i64 = 90 * 86_400;

/// The files of `migrations_inbox/sqlite/` and `migrations_inbox/postgres/`, ascending.
const MIGRATIONS: &[MigrationFile] = &[
    migration_file!(1, "inbox", "migrations_inbox", "0001_inbox.sql"),
    migration_file!(2, "event time", "migrations_inbox", "0002_event_time.sql"),
    migration_file!(30, "removed", "migrations_inbox", "0030_removed.sql"),
];

/// The inbox of one home. Clones are cheap.
#[derive(Clone)]
pub struct Inbox {
    pub(crate) pool: Pool,
    id: std::sync::Arc<str>,
    clock: Clock,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Inbox {
    /// Opens the inbox in a file, creating and migrating it as needed. `clock` must return the real time: it dates received
    /// events.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be opened, is damaged, or was written by a later version of the program.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        // Identities of events are spread over their index. With more pages between two checkpoints, a page that changes
        // often is written back fewer times.
        let options = sqlite::options(path).pragma("wal_autocheckpoint", "16000").pragma("cache_size", "-65536");
        let inbox = Self::migrated(Pool::Sqlite(sqlite::connect(options, MAX_CONNECTIONS).await?), clock).await?;
        sync_folder_of(path).map_err(sqlx::Error::Io)?;
        Ok(inbox)
    }

    /// Opens the inbox on a server, creating and migrating it as needed. `clock` as in [`Inbox::open`].
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached, or the inbox was written by a later version of the program.
    pub async fn connect(server: &PostgresServer, clock: Clock) -> Result<Self, StoreError> {
        Self::migrated(server.connect("_inbox", MAX_CONNECTIONS).await?, clock).await
    }

    async fn migrated(pool: Pool, clock: Clock) -> Result<Self, StoreError> {
        migrations::run(MIGRATIONS, &pool, "_sqlx_migrations").await?;
        let id = uuid::Uuid::new_v4().to_string();
        sql::query("insert into inbox (only_row, id, drained) values (1, $1, 0) on conflict do nothing")
            .bind(id)
            .execute(&pool)
            .await?;
        let id: String = sql::query_scalar("select id from inbox").fetch_one(&pool).await?;
        Ok(Self { pool, id: id.into(), clock })
    }

    /// Permanent id of this database. Sequence numbers of another inbox are unrelated.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn clock(&self) -> Clock {
        Clock::clone(&self.clock)
    }

    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }
}

/// Syncs the folder, so that the new file itself survives a power loss.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::inbox::append::EventReceipt;
    use zhihui_data::{Event, EventType};

    /// On a full disk SQLite rolls back on its own, and the driver's own rollback then fails.
    #[tokio::test]
    async fn events_are_stored_again_after_any_number_of_failed_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = Inbox::open(&folder.path().join("inbox.db"), Arc::new(|| 0)).await.expect("an inbox");
        for at in 0..3 * i64::from(MAX_CONNECTIONS) {
            let mut transaction = inbox.pool.begin_write().await.expect("a transaction");
            sql::query("rollback").execute(&mut *transaction).await.expect("rolled back");
            drop(transaction);
            let event = Event::of_member(EventType::Follow, format!("m{at}"), at);
            assert_eq!(inbox.append(vec![event]).await.expect("stored").receipts, [EventReceipt::Accepted]);
        }
    }
}
