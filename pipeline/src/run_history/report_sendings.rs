//! Stores what became of scheduled reports.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{RunHistory, RunHistoryError};

/// A scheduled report of one period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportSending {
    /// Name of the schedule.
    pub name: String,
    /// Start of the period, seconds since 1970.
    pub from: i64,
    /// End of the period, exclusive.
    pub to: i64,
    /// `sent`, `waiting` or `failed`.
    pub status: String,
    /// Why it waits or failed, or what was done.
    pub message: String,
    /// The targets that have it: `folder`, `mail`.
    pub done: Vec<String>,
    /// The message that the owner was told last.
    pub told: String,
    /// The last attempt, seconds since 1970.
    pub attempted_at: i64,
}

impl RunHistory {
    /// Returns what is known of a report.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn report_sending(
        &self,
        name: &str,
        from: i64,
        to: i64,
    ) -> Result<Option<ReportSending>, RunHistoryError> {
        let statement = "select * from report_sendings where name = ? and period_from = ? and period_to = ?";
        let row = sqlx::query(statement).bind(name).bind(from).bind(to).fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// Returns the latest report of a schedule.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn latest_report_sending(&self, name: &str) -> Result<Option<ReportSending>, RunHistoryError> {
        let statement = "select * from report_sendings where name = ? order by period_to desc, period_from limit 1";
        let row = sqlx::query(statement).bind(name).fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// Stores what became of a report.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn record_report_sending(&self, sending: &ReportSending) -> Result<(), RunHistoryError> {
        let statement = "insert or replace into report_sendings \
                         (name, period_from, period_to, status, message, done, told, attempted_at) \
                         values (?, ?, ?, ?, ?, ?, ?, ?)";
        let done = serde_json::Value::from(sending.done.clone()).to_string();
        sqlx::query(statement)
            .bind(&sending.name)
            .bind(sending.from)
            .bind(sending.to)
            .bind(&sending.status)
            .bind(&sending.message)
            .bind(done)
            .bind(&sending.told)
            .bind(sending.attempted_at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<ReportSending, sqlx::Error> {
    let done: String = row.try_get("done")?;
    Ok(ReportSending {
        name: row.try_get("name")?,
        from: row.try_get("period_from")?,
        to: row.try_get("period_to")?,
        status: row.try_get("status")?,
        message: row.try_get("message")?,
        done: serde_json::from_str(&done).unwrap_or_default(),
        told: row.try_get("told")?,
        attempted_at: row.try_get("attempted_at")?,
    })
}
