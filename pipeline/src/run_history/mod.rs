//! Run history in `zhihui.db`, with data checks, known files, scheduled reports and the time of the last maintenance.

mod checks;
mod files;
mod maintenance;
mod report_sendings;

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use sqlx::Row;
use sqlx::SqlStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use thiserror::Error;

pub use checks::CheckedBuild;
pub use report_sendings::ReportSending;

/// Error of reading or writing the run history.
#[derive(Debug, Error)]
pub enum RunHistoryError {
    /// A statement failed.
    #[error("zhihui.db: {0}; check that the file is a database of this program and that the disk is not full")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("cannot migrate zhihui.db: {0}; check whether a newer version has written it")]
    Migration(#[from] MigrateError),
}

/// An entry of the run history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The id.
    pub run_id: String,
    /// The command.
    pub command: String,
    /// The instant whose state the run builds, seconds since 1970.
    pub as_of: i64,
    /// Start, seconds since 1970.
    pub started_at: i64,
    /// End, seconds since 1970. `None` while it runs or if its process died.
    pub finished_at: Option<i64>,
    /// `done`, `refused` or `failed`.
    pub outcome: Option<String>,
    /// The published snapshot.
    pub version: Option<String>,
    /// Fingerprint of the raw tables that it read.
    pub inputs: String,
    /// The printed JSON.
    pub result: String,
}

/// The history of runs.
#[derive(Debug, Clone)]
pub struct RunHistory {
    pool: SqlitePool,
}

/// The files of `migrations/`, ascending: number, description and SQL.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1001, "runs", include_str!("../../migrations/1001_runs.sql")),
    (1010, "known files", include_str!("../../migrations/1010_known_files.sql")),
    (1011, "maintenances", include_str!("../../migrations/1011_maintenances.sql")),
    (1030, "data checks", include_str!("../../migrations/1030_data_checks.sql")),
    (1040, "report sendings", include_str!("../../migrations/1040_report_sendings.sql")),
];

/// Attempts to open and to migrate the database, and the pause between them.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// Migrates the database. Retries because one of two processes that migrate at the same time fails.
async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    let migration = |&(version, description, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, description.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
    };
    let migrations = Cow::Owned(MIGRATIONS.iter().map(migration).collect());
    // The service keeps its own tables, with their own migrations, in the same file.
    let migrations = Migrator { migrations, ignore_missing: true, ..Migrator::DEFAULT };
    let mut attempt = 1;
    loop {
        match migrations.run(pool).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..) | MigrateError::Dirty(_))
                if attempt < ATTEMPTS =>
            {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

/// Opens connections. Retries because SQLite does not wait for another process while it changes a new file to WAL.
async fn connect(options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let is_locked =
        |error: &sqlx::Error| error.as_database_error().is_some_and(|error| error.code() == Some("5".into()));
    let mut attempt = 1;
    loop {
        match SqlitePoolOptions::new().max_connections(2).connect_with(options.clone()).await {
            Err(error) if is_locked(&error) && attempt < ATTEMPTS => {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

impl RunHistory {
    /// Opens the database. Creates it and its tables if they are missing.
    ///
    /// # Errors
    /// [`RunHistoryError`] if the file is not a database or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, RunHistoryError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(30));
        let pool = connect(&options).await?;
        // The service has its own tables and migrations in the same file.
        migrate(&pool).await?;
        Ok(Self { pool })
    }

    /// Adds a run that starts now.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn begin(&self, run_id: &str, command: &str, as_of: i64, now: i64) -> Result<(), RunHistoryError> {
        sqlx::query("insert into runs (run_id, command, as_of, started_at) values (?, ?, ?, ?)")
            .bind(run_id)
            .bind(command)
            .bind(as_of)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Stores the result of a run.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn finish(&self, run: &Run) -> Result<(), RunHistoryError> {
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

    /// Marks a run as failed.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn fail(&self, run_id: &str, now: i64, why: &str) -> Result<(), RunHistoryError> {
        let result = serde_json::json!({ "run_id": run_id, "error": why }).to_string();
        sqlx::query("update runs set finished_at = ?, outcome = 'failed', result = ? where run_id = ?")
            .bind(now)
            .bind(result)
            .bind(run_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Marks unfinished runs as failed, and returns their number. Must be called with the run lock held.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn mark_interrupted(&self, now: i64) -> Result<u64, RunHistoryError> {
        let result = serde_json::json!({ "error": "the process ended before the run was finished" }).to_string();
        let updated =
            sqlx::query("update runs set finished_at = ?, outcome = 'failed', result = ? where finished_at is null")
                .bind(now)
                .bind(result)
                .execute(&self.pool)
                .await?;
        Ok(updated.rows_affected())
    }

    /// Returns the last `limit` runs, latest first.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn latest(&self, limit: u32) -> Result<Vec<Run>, RunHistoryError> {
        let rows = sqlx::query("select * from runs order by started_at desc, rowid desc limit ?").bind(limit);
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(|row| read(row).map_err(RunHistoryError::from)).collect()
    }

    /// Returns the latest successful run of a command.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn last_done(&self, command: &str) -> Result<Option<Run>, RunHistoryError> {
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
