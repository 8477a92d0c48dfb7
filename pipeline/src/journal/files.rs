//! Files that were hashed before.

use std::path::PathBuf;

use sqlx::Row;

use super::{Journal, JournalError};
use crate::ingest::{FileMark, KnownFile, KnownFiles};

/// Files that no run has found for so many seconds are forgotten: 400 days.
const KEPT_SECONDS: i64 = 400 * 86_400;

impl Journal {
    /// Every file that was hashed before.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn known_files(&self) -> Result<KnownFiles, JournalError> {
        let rows = sqlx::query("select path, bytes, modified_ns, changed_ns, sha256, names_nobody from known_files");
        let rows = rows.fetch_all(&self.pool).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| -> Result<(PathBuf, KnownFile), sqlx::Error> {
            let mark = FileMark {
                bytes: row.try_get("bytes")?,
                modified_ns: row.try_get("modified_ns")?,
                changed_ns: row.try_get("changed_ns")?,
            };
            let path: String = row.try_get("path")?;
            let (sha256, names_nobody) = (row.try_get("sha256")?, row.try_get("names_nobody")?);
            Ok((PathBuf::from(path), KnownFile { mark, sha256, names_nobody }))
        };
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Remembers files that a run found, and forgets those that no run has found for long.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub async fn remember_files(&self, files: &KnownFiles, now: i64) -> Result<(), JournalError> {
        let mut transaction = self.pool.begin().await?;
        for (path, file) in files {
            // A path that is no text is read anew each time.
            let Some(path) = path.to_str() else { continue };
            sqlx::query(
                "insert into known_files (path, bytes, modified_ns, changed_ns, sha256, names_nobody, seen_at) \
                 values (?, ?, ?, ?, ?, ?, ?) \
                 on conflict (path) do update set bytes = excluded.bytes, modified_ns = excluded.modified_ns, \
                 changed_ns = excluded.changed_ns, sha256 = excluded.sha256, names_nobody = excluded.names_nobody, seen_at = excluded.seen_at",
            )
            .bind(path)
            .bind(file.mark.bytes)
            .bind(file.mark.modified_ns)
            .bind(file.mark.changed_ns)
            .bind(&file.sha256)
            .bind(file.names_nobody)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        let earliest = now.saturating_sub(KEPT_SECONDS);
        sqlx::query("delete from known_files where seen_at < ?").bind(earliest).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
