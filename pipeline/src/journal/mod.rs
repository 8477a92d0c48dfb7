//! The history of runs, in `zhihui.db`; beside it the files that were hashed, and when the lake was maintained.

mod files;
mod maintenances;

mod checks;

use std::path::Path;
use std::time::Duration;

use sqlx::Row;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use thiserror::Error;

pub use checks::CheckedBuild;

/// Why the history could not be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The database refused.
    #[error("zhihui.db: {0}; check that the file is a database of this program and that the disk is not full")]
    Database(#[from] sqlx::Error),
    /// The database's layout could not be brought up to date.
    #[error("zhihui.db could not be brought up to date: {0}; was it written by a newer version?")]
    Migration(#[from] MigrateError),
}

/// One run as it stands in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub run_id: String,
    /// The command that made it.
    pub command: String,
    /// The instant it looked at, seconds since 1970 in UTC.
    pub as_of: i64,
    /// When it began.
    pub started_at: i64,
    /// When it ended; `None` while it runs, or when its process died.
    pub finished_at: Option<i64>,
    /// `done`, `refused` or `failed`.
    pub outcome: Option<String>,
    /// The snapshot it published.
    pub version: Option<String>,
    /// Fingerprint of the raw tables it worked on.
    pub inputs: String,
    /// The JSON it printed.
    pub result: String,
}

/// The history of runs.
#[derive(Debug, Clone)]
pub struct Journal {
    pool: SqlitePool,
}

/// Tries of bringing the database up to date, and the pause between two.
const MIGRATION_TRIES: u32 = 10;
const MIGRATION_PAUSE: Duration = Duration::from_millis(200);

/// Brings the database up to date. Of two processes that do so at once the second one fails, and finds it done when it tries
/// again.
async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
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

impl Journal {
    /// Opens the database, making it and its tables where they are missing.
    ///
    /// # Errors
    /// [`JournalError`] when the file is no database or is newer than this program.
    pub async fn open(path: &Path) -> Result<Self, JournalError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        // The service keeps its own tables in the same file, with migrations of its own.
        migrate(&pool).await?;
        Ok(Self { pool })
    }

    /// Writes down that a run begins.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn begin(&self, run_id: &str, command: &str, as_of: i64, now: i64) -> Result<(), JournalError> {
        sqlx::query("insert into runs (run_id, command, as_of, started_at) values (?, ?, ?, ?)")
            .bind(run_id)
            .bind(command)
            .bind(as_of)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Writes down how a run ended.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn finish(&self, run: &Run) -> Result<(), JournalError> {
        sqlx::query(
            "update runs set as_of = ?, finished_at = ?, outcome = ?, version = ?, inputs = ?, result = ? where run_id = ?",
        )
        .bind(run.as_of)
        .bind(run.finished_at)
        .bind(&run.outcome)
        .bind(&run.version)
        .bind(&run.inputs)
        .bind(&run.result)
        .bind(&run.run_id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Writes down that a run failed, and why.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn fail(&self, run_id: &str, now: i64, why: &str) -> Result<(), JournalError> {
        let result = serde_json::json!({ "run_id": run_id, "error": why }).to_string();
        sqlx::query("update runs set finished_at = ?, outcome = 'failed', result = ? where run_id = ?")
            .bind(now)
            .bind(result)
            .bind(run_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Writes down that runs which never told of their end have failed; to be called by the only one that runs.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn close_dead(&self, now: i64) -> Result<u64, JournalError> {
        let result = serde_json::json!({ "error": "its process ended before the run did" }).to_string();
        let done =
            sqlx::query("update runs set finished_at = ?, outcome = 'failed', result = ? where finished_at is null")
                .bind(now)
                .bind(result)
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected())
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn latest(&self, limit: u32) -> Result<Vec<Run>, JournalError> {
        let rows = sqlx::query("select * from runs order by started_at desc, rowid desc limit ?").bind(limit);
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(|row| read(row).map_err(JournalError::from)).collect()
    }

    /// The latest run of this command that ended well.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn last_done(&self, command: &str) -> Result<Option<Run>, JournalError> {
        let statement =
            "select * from runs where command = ? and outcome = 'done' order by started_at desc, rowid desc limit 1";
        let row = sqlx::query(statement).bind(command).fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(read).transpose()?)
    }
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Run, sqlx::Error> {
    Ok(Run {
        run_id: row.try_get("run_id")?,
        command: row.try_get("command")?,
        as_of: row.try_get("as_of")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        outcome: row.try_get("outcome")?,
        version: row.try_get("version")?,
        inputs: row.try_get("inputs")?,
        result: row.try_get("result")?,
    })
}
