//! The table of notes about days. Every addition and deletion is in the audit log.

use chrono::NaiveDate;
use serde_json::json;

use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::audit_action::AuditAction;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Pool, Row};

/// Maximum number of notes that a report shows.
const MAX_SHOWN: i64 = 200;

/// A note of staff about days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportNote {
    /// Its id.
    pub id: String,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// The note.
    pub text: String,
    /// Who wrote it, as in the audit log.
    pub owner: String,
}

/// The notes of a home.
#[derive(Debug, Clone, Copy)]
pub struct ReportNotes<'a> {
    pool: &'a Pool,
}

impl<'a> ReportNotes<'a> {
    /// The notes of a database.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// The notes about days from `from` to the day before `to`. A report about a union shows the notes of staff of that union
    /// beside those of staff of all unions.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn within(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        union: Option<&str>,
    ) -> Result<Vec<ReportNote>, StoreError> {
        let sql = "select * from report_notes where last_day >= $1 and first_day < $2 and (union_id is null or union_id = $3) \
                   order by first_day, created_at, id limit $4";
        let rows = sql::query(sql)
            .bind(from.to_string())
            .bind(to.to_string())
            .bind(union)
            .bind(MAX_SHOWN)
            .fetch_all(self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Adds a note of the actor of `entry`.
    pub(crate) async fn add(
        &self,
        (first, last): (NaiveDate, NaiveDate),
        text: &str,
        union_id: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let id = format!("rn_{}", uuid::Uuid::new_v4().simple());
        let mut transaction = self.pool.begin_write().await?;
        let sql = "insert into report_notes (id, first_day, last_day, text, owner, union_id, created_at) \
                   values ($1, $2, $3, $4, $5, $6, $7)";
        sql::query(sql)
            .bind(&id)
            .bind(first.to_string())
            .bind(last.to_string())
            .bind(text)
            .bind(entry.actor)
            .bind(union_id)
            .bind(entry.at)
            .execute(&mut *transaction)
            .await?;
        // Without the text, which may name people.
        let detail = json!({ "note": id, "first": first, "last": last, "union_id": union_id });
        append_in(&mut transaction, &NewAuditEntry { detail, ..entry.clone() }).await?;
        Ok(transaction.commit().await?)
    }

    /// Deletes a note of `owner`, or of anybody without one. Returns whether there was such a note.
    pub(crate) async fn delete(
        &self,
        id: &str,
        owner: Option<&str>,
        entry: &NewAuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let done = sql::query("delete from report_notes where id = $1 and ($2 is null or owner = $2)")
            .bind(id)
            .bind(owner)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let entry =
            NewAuditEntry { action: AuditAction::ReportNoteDeleted, detail: json!({ "note": id }), ..entry.clone() };
        append_in(&mut transaction, &entry).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn read(row: &Row) -> Result<ReportNote, StoreError> {
    let day = |column: &str| -> Result<NaiveDate, StoreError> {
        row.try_get::<&str, _>(column)?.parse().map_err(StoreError::damaged)
    };
    Ok(ReportNote {
        id: row.try_get("id")?,
        first: day("first_day")?,
        last: day("last_day")?,
        text: row.try_get("text")?,
        owner: row.try_get("owner")?,
    })
}
