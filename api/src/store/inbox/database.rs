//! The event inbox, `inbox.db`: what the backend told, on disk before it is acknowledged, numbered, each event once.
//!
//! A database of its own, so that a burst of events never waits for a sign-in or a run's record, nor they for it.

#[path = "append.rs"]
mod append;
#[path = "future_events.rs"]
mod held;
#[path = "member_events.rs"]
mod rights;
#[path = "rows.rs"]
mod rows;

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};

pub use append::{Appended, Verdict};
pub use rows::{Ahead, InboxStatus, Numbered};

use crate::clock::Clock;
use crate::store::{StoreError, migrate, pool_options};

/// How long a writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTIONS: u32 = 4;
/// How long an event is known again.
const REMEMBERED_SECONDS: i64 = 90 * 86_400;

static EMBEDDED: Migrator = sqlx::migrate!("./migrations_inbox");

/// The inbox of one home. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    pool: SqlitePool,
    id: std::sync::Arc<str>,
    clock: Clock,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Inbox {
    /// Opens the inbox of this path, making it as needed. `clock` is the wall clock: it dates the memory of events.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened, is damaged, or comes from a later version of the program.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives power loss: WAL syncs each commit only in FULL.
            .synchronous(SqliteSynchronous::Full)
            // Pages of the log before they are carried over: the identities of events lie all over their index, so that a longer
            // log carries the same page fewer times.
            .pragma("wal_autocheckpoint", "16000")
            .pragma("cache_size", "-65536")
            .busy_timeout(BUSY_TIMEOUT);
        let pool = pool_options(CONNECTIONS).connect_with(options).await?;
        let migrations = Migrator { migrations: Cow::Borrowed(&EMBEDDED.migrations), ..Migrator::DEFAULT };
        migrate(&migrations, &pool).await?;
        let id = uuid::Uuid::new_v4().to_string();
        sqlx::query("insert into inbox (only_row, id, drained) values (1, ?, 0) on conflict do nothing")
            .bind(id)
            .execute(&pool)
            .await?;
        let id: String = sqlx::query_scalar("select id from inbox").fetch_one(&pool).await?;
        sync_folder_of(path).map_err(sqlx::Error::Io)?;
        Ok(Self { pool, id: id.into(), clock })
    }

    /// Names this database for ever: sequences of another one mean nothing here.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn now(&self) -> i64 {
        (self.clock)()
    }
}

/// The database's own name must survive a power cut as well as what is in it.
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
    use zhihui_data::{Event, EventType};

    /// On a full disk SQLite rolls back by itself, and what the driver does afterwards fails.
    #[tokio::test]
    async fn events_are_taken_again_after_any_number_of_writes_failed() {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = Inbox::open(&folder.path().join("inbox.db"), Arc::new(|| 0)).await.expect("an inbox");
        for at in 0..3 * i64::from(CONNECTIONS) {
            let mut transaction = inbox.pool.begin_with("begin immediate").await.expect("a transaction");
            sqlx::query("rollback").execute(&mut *transaction).await.expect("rolled back");
            drop(transaction);
            let event = Event::of_member(EventType::Follow, format!("m{at}"), at);
            assert_eq!(inbox.append(vec![event]).await.expect("stored").verdicts, [Verdict::Accepted]);
        }
    }
}
