//! Events dated ahead of a run: they wait alone until their time comes, and later numbers pass.

use super::Inbox;
use super::rows::{Numbered, number, numbered};
use crate::store::StoreError;

impl Inbox {
    /// Decides which events a run as of `as_of` (microseconds since 1970) commits to the lake; gives the last number decided on.
    ///
    /// Events that were held and happened before `as_of` move to the end under new numbers, because the tables take only rows
    /// above those that they have. Undecided events at or after `as_of` are held. Consent never waits: it holds from its receipt.
    /// To be called before anything is committed, so that a run that died is finished with the same rows.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is decided then.
    pub async fn judge(&self, as_of: i64) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        sqlx::query(
            "insert into events (received_at, body, moved_from) \
             select received_at, body, sequence from events where held = 1 and at < ? order by sequence",
        )
        .bind(as_of)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("delete from events where held = 1 and at < ?").bind(as_of).execute(&mut *transaction).await?;
        sqlx::query(
            "update events set held = 1 where sequence > (select max(judged, drained) from inbox) and at >= ? \
             and type not in ('opt_out', 'opt_in')",
        )
        .bind(as_of)
        .execute(&mut *transaction)
        .await?;
        let last = "(select coalesce(max(seq), 0) from sqlite_sequence where name = 'events')";
        let sql = format!("update inbox set judged = max(judged, {last}) returning judged");
        let judged: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(judged.unsigned_abs())
    }

    /// Events with numbers in `after + 1..=to` that are not held, ascending, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be read.
    pub async fn rows_to_commit(&self, after: u64, to: u64, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        let sql = "select sequence, body, moved_from from events where sequence > ? and sequence <= ? and held = 0 \
                   order by sequence limit ?";
        let rows = sqlx::query(sql).bind(number(after)).bind(number(to)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(numbered).collect()
    }

    /// Events with numbers in `from..=to` that are held, ascending, at most `limit`: neither the tables nor a snapshot has them.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be read.
    pub async fn rows_held(&self, from: u64, to: u64, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        let sql = "select sequence, body, moved_from from events where held = 1 and sequence between ? and ? \
                   order by sequence limit ?";
        let rows = sqlx::query(sql).bind(number(from)).bind(number(to)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(numbered).collect()
    }

    /// Whether an event that no run has decided on happened before `as_of` (microseconds since 1970), or was decided on and
    /// not committed yet.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be read.
    pub async fn has_undecided(&self, as_of: i64) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from events, inbox where held = 0 and sequence > drained \
                   and (sequence <= judged or at < ? or type in ('opt_out', 'opt_in')))";
        Ok(sqlx::query_scalar(sql).bind(as_of).fetch_one(&self.pool).await?)
    }

    /// The second of the latest event of a member, which may be dated ahead; `None` where the inbox holds none.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be read.
    pub async fn latest_of(&self, member_id: &str, openids: &[String]) -> Result<Option<i64>, StoreError> {
        let openids = serde_json::to_string(openids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let sql = "select max(at) / 1000000 from events where body ->> '$.member_id' = ?1 \
                   or body ->> '$.openid' in (select value from json_each(?2))";
        Ok(sqlx::query_scalar(sql).bind(member_id).bind(openids).fetch_one(&self.pool).await?)
    }

    /// How many events are held, and the earliest of their times, seconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be read.
    pub async fn held_ahead(&self) -> Result<(u64, Option<i64>), StoreError> {
        let sql = "select count(*), min(at) / 1000000 from events where held = 1";
        let (count, first): (i64, Option<i64>) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok((count.unsigned_abs(), first))
    }
}
