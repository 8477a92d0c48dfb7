//! Stores known files, so that unchanged ones are not read again.

use std::path::PathBuf;

use sqlx::Row;

use super::{RunHistory, RunHistoryError};
use crate::ingest::{FileStamp, KnownFile, KnownFiles};

/// Retention of files that no run finds any more: 400 days.
const RETENTION_SECONDS: i64 = 400 * 86_400;

impl RunHistory {
    /// Returns all known files.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn known_files(&self) -> Result<KnownFiles, RunHistoryError> {
        let rows = sqlx::query("select path, bytes, modified_ns, changed_ns, sha256, names_nobody from known_files");
        let rows = rows.fetch_all(&self.pool).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| -> Result<(PathBuf, KnownFile), sqlx::Error> {
            let stamp = FileStamp {
                bytes: row.try_get("bytes")?,
                modified_ns: row.try_get("modified_ns")?,
                changed_ns: row.try_get("changed_ns")?,
            };
            let path: String = row.try_get("path")?;
            let (sha256, has_no_personal_data) = (row.try_get("sha256")?, row.try_get("names_nobody")?);
            Ok((PathBuf::from(path), KnownFile { stamp, sha256, has_no_personal_data }))
        };
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Stores the files that a run found, and deletes those that no run has found within the retention period.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn record_files(&self, files: &KnownFiles, now: i64) -> Result<(), RunHistoryError> {
        let mut transaction = self.pool.begin().await?;
        for (path, file) in files {
            // A file whose path is not UTF-8 is never known.
            let Some(path) = path.to_str() else { continue };
            sqlx::query(
                "insert into known_files (path, bytes, modified_ns, changed_ns, sha256, names_nobody, seen_at) \
                 values (?, ?, ?, ?, ?, ?, ?) \
                 on conflict (path) do update set bytes = excluded.bytes, modified_ns = excluded.modified_ns, \
                 changed_ns = excluded.changed_ns, sha256 = excluded.sha256, names_nobody = excluded.names_nobody, seen_at = excluded.seen_at",
            )
            .bind(path)
            .bind(file.stamp.bytes)
            .bind(file.stamp.modified_ns)
            .bind(file.stamp.changed_ns)
            .bind(&file.sha256)
            .bind(file.has_no_personal_data)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        let earliest = now.saturating_sub(RETENTION_SECONDS);
        sqlx::query("delete from known_files where seen_at < ?").bind(earliest).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
