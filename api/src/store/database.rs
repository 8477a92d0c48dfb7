//! `zhihui.db`: API keys, accounts, sessions, members' rights and the audit log. No request for a list for a member ever waits for it.

#[path = "audit.rs"]
mod audit;
#[path = "audit_action.rs"]
mod deed;
#[path = "error.rs"]
mod error;
#[path = "keys.rs"]
mod keys;
#[path = "sign_in_locks.rs"]
mod lock_out;
#[path = "consent.rs"]
mod rights;
#[path = "sessions.rs"]
mod sessions;
#[path = "member_rows.rs"]
pub(crate) mod traces;
#[path = "users.rs"]
mod users;
#[path = "change_watch.rs"]
mod watch;

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use sqlx::Connection;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use audit::{Audit, AuditEntry, AuditHead, LOCAL, Note};
pub use deed::Deed;
pub use error::StoreError;
pub use keys::{KeyInfo, Keys, NewKey};
pub(crate) use lock_out::Lock;
pub use rights::{Erasure, Rights};
pub(crate) use sessions::{Sessions, SignedIn};
pub use traces::Held;
pub use users::{UserInfo, Users};
pub(crate) use watch::{Changes, Watch};

use crate::access::KeyRing;
use crate::settings::SessionSettings;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTIONS: u32 = 8;

static EMBEDDED: Migrator = sqlx::migrate!();

/// The database of one home. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

/// Tries of bringing a database up to date, and the pause between two.
const MIGRATION_TRIES: u32 = 10;
const MIGRATION_PAUSE: Duration = Duration::from_millis(200);

/// Brings a database up to date. Another process may be doing the same: SQLite has no lock for that, so the one that comes second
/// fails on the first table and finds everything done when it tries again.
pub(crate) async fn migrate(migrations: &Migrator, pool: &SqlitePool) -> Result<(), MigrateError> {
    let mut tries = 1;
    loop {
        match migrations.run(pool).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..) | MigrateError::Dirty(_))
                if tries < MIGRATION_TRIES =>
            {
                tries += 1;
                tokio::time::sleep(MIGRATION_PAUSE).await;
            }
            done => return done,
        }
    }
}

impl Store {
    /// Opens the database of this path, making it and bringing it up to date as needed.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be opened, is damaged, or comes from a later version of the program.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives power loss: WAL syncs each commit only in FULL.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = pool_options(CONNECTIONS).connect_with(options).await?;
        // Other parts of the program keep tables of their own in the same file.
        let migrations = Migrator {
            migrations: Cow::Borrowed(&EMBEDDED.migrations),
            table_name: Cow::Borrowed("api_migrations"),
            ..Migrator::DEFAULT
        };
        migrate(&migrations, &pool).await?;
        Ok(Self { pool })
    }

    /// The API keys.
    #[must_use]
    pub fn keys(&self) -> Keys<'_> {
        Keys { pool: &self.pool }
    }

    /// The accounts of people.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users { pool: &self.pool }
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> Audit<'_> {
        Audit { pool: &self.pool }
    }

    /// What members asked for about themselves.
    #[must_use]
    pub fn rights(&self) -> Rights<'_> {
        Rights { pool: &self.pool }
    }

    pub(crate) fn sessions<'a>(&'a self, settings: &'a SessionSettings) -> Sessions<'a> {
        Sessions { pool: &self.pool, settings }
    }

    /// A connection of its own that sees which tables anybody has written.
    pub(crate) async fn watch(&self) -> Result<Watch, StoreError> {
        Watch::begin(&self.pool).await
    }

    /// Fills a ring with the keys that are valid now.
    pub(crate) async fn load_keys(&self, ring: &KeyRing) -> Result<(), StoreError> {
        ring.replace(self.keys().load().await?);
        Ok(())
    }

    /// Writes a consistent copy of the database to a file that does not exist yet, durably.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        traces::copy_to(&self.pool, path).await
    }

    /// Closes every connection; what was written is on disk before.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A pool that gives up a connection in which a transaction was begun and never ended. SQLite ends one by itself when the disk
/// is full; the driver goes on counting it, and nothing could be written through that connection any more.
pub(crate) fn pool_options(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}
