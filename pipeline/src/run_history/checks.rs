//! Stores the measures and data checks of builds, and the sizes of rosters.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{RunHistory, RunHistoryError};
use crate::data_checks::{DataCheck, Measures};

/// Number of builds whose checks are kept.
const KEPT_BUILDS: i64 = 400;

/// The data checks of one build.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedBuild {
    /// The run that built.
    pub run_id: String,
    /// Time of the measurement, seconds since 1970.
    pub measured_at: i64,
    /// The measures.
    pub measures: Measures,
    /// Results of the checks.
    pub checks: Vec<DataCheck>,
    /// Whether the build was published. Its failed checks, if any, were accepted.
    pub published: bool,
}

impl RunHistory {
    /// Stores the sizes of rosters. Replaces earlier sizes of the same rosters.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn record_roster_sizes(
        &self,
        run_id: &str,
        rosters: &BTreeMap<String, u64>,
        now: i64,
    ) -> Result<(), RunHistoryError> {
        for (name, rows) in rosters {
            let statement = "insert into deliveries (name, rows, run_id, at) values (?, ?, ?, ?) on conflict (name) \
                             do update set rows = excluded.rows, run_id = excluded.run_id, at = excluded.at";
            let rows = i64::try_from(*rows).unwrap_or(i64::MAX);
            sqlx::query(statement).bind(name).bind(rows).bind(run_id).bind(now).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Rows and time of the latest delivery of each roster.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn roster_sizes(&self) -> Result<BTreeMap<String, (u64, i64)>, RunHistoryError> {
        let rows = sqlx::query("select name, rows, at from deliveries").fetch_all(&self.pool).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let rows: i64 = row.try_get("rows")?;
            Ok((row.try_get("name")?, (rows.unsigned_abs(), row.try_get("at")?)))
        };
        Ok(rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Stores the checks of a build.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn record_checks(&self, build: &CheckedBuild) -> Result<(), RunHistoryError> {
        let statement = "insert into data_checks (run_id, as_of, measured_at, measures, checks, published) \
                         values (?, ?, ?, ?, ?, ?) on conflict (run_id) do update set as_of = excluded.as_of, \
                         measured_at = excluded.measured_at, measures = excluded.measures, checks = excluded.checks";
        sqlx::query(statement)
            .bind(&build.run_id)
            .bind(build.measures.as_of)
            .bind(build.measured_at)
            .bind(json(&build.measures)?)
            .bind(json(&build.checks)?)
            .bind(build.published)
            .execute(&self.pool)
            .await?;
        // The last published build is always kept, because the next build is compared with it.
        let statement = "delete from data_checks where published = 0 and rowid <= (select max(rowid) from data_checks) - ?1 \
                         or published = 1 and rowid < (select max(rowid) from data_checks where published = 1) - ?1";
        sqlx::query(statement).bind(KEPT_BUILDS).execute(&self.pool).await?;
        Ok(())
    }

    /// Marks the latest build as published.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn mark_checks_published(&self) -> Result<(), RunHistoryError> {
        let statement = "update data_checks set published = 1 where rowid = (select max(rowid) from data_checks)";
        sqlx::query(statement).execute(&self.pool).await?;
        Ok(())
    }

    /// Returns the checks of the latest build.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn latest_checks(&self) -> Result<Option<CheckedBuild>, RunHistoryError> {
        let statement = "select * from data_checks order by rowid desc limit 1";
        sqlx::query(statement).fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Returns the checks of the last `limit` published builds, latest first.
    ///
    /// # Errors
    /// [`RunHistoryError::Database`].
    pub async fn published_checks(&self, limit: u32) -> Result<Vec<CheckedBuild>, RunHistoryError> {
        let statement = "select * from data_checks where published = 1 order by rowid desc limit ?";
        let rows = sqlx::query(statement).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<CheckedBuild, RunHistoryError> {
    let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    Ok(CheckedBuild {
        run_id: row.try_get("run_id")?,
        measured_at: row.try_get("measured_at")?,
        measures: serde_json::from_str(row.try_get("measures")?).map_err(decode)?,
        checks: serde_json::from_str(row.try_get("checks")?).map_err(decode)?,
        published: row.try_get("published")?,
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, RunHistoryError> {
    Ok(serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))?)
}
