//! How the SQLite databases are opened, migrated, compacted and copied.

use std::path::Path;
use std::time::Duration;

use sqlx::Connection;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::error::StoreError;

/// How long a writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts to open and to migrate a database, and the pause between two.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// Options of every database: created if missing, and durable. In WAL mode only `FULL` syncs every commit, so that
/// acknowledged data survives a power loss.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
}

/// Connection pool that discards connections with an unfinished transaction. SQLite rolls back on its own if the disk is
/// full, but the driver still counts the transaction and the connection could not write any more.
///
/// Retries because SQLite does not wait for another process while it changes a new file to WAL.
pub(crate) async fn connect(options: SqliteConnectOptions, max_connections: u32) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(max_connections)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
    let is_locked =
        |error: &sqlx::Error| error.as_database_error().is_some_and(|error| error.code() == Some("5".into()));
    let mut attempt = 1;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_locked(&error) && attempt < ATTEMPTS => {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            result => return Ok(result?),
        }
    }
}

/// Runs pending migrations. Another process may run the same ones, and SQLite has no lock for that: the second process
/// fails on the first table, retries and finds them done.
pub(crate) async fn migrate(migrations: &Migrator, pool: &SqlitePool) -> Result<(), MigrateError> {
    let mut attempt = 1;
    loop {
        match migrations.run(pool).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..) | MigrateError::Dirty(_))
                if attempt < ATTEMPTS =>
            {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// Rewrites the database and truncates its log, so that neither holds deleted content.
pub(crate) async fn vacuum(pool: &SqlitePool) -> Result<(), StoreError> {
    sqlx::query("vacuum").execute(pool).await?;
    sqlx::query("pragma wal_checkpoint(truncate)").execute(pool).await?;
    Ok(())
}

/// Writes a consistent and durable copy to a file that does not exist yet.
pub(crate) async fn copy_to(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    sqlx::query("vacuum into ?").bind(path.to_string_lossy().into_owned()).execute(pool).await?;
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    Ok(synced.map_err(sqlx::Error::Io)?)
}
