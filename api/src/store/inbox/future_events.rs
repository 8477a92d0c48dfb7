//! Events dated after the `as_of` of a run. They are held in the inbox until their time comes; later events do not wait.

use super::database::Inbox;
use super::rows::{InboxEvent, inbox_event, to_i64};
use crate::store::error::StoreError;

impl Inbox {
    /// Selects the events that a run with this `as_of` (microseconds since 1970) commits to the lake. Returns the last
    /// sequence number considered.
    ///
    /// Held events from before `as_of` move to the end under new sequence numbers, because tables accept only rows above
    /// their highest number. New events at or after `as_of` are held. Consent is never held: it applies from its receipt.
    /// Must be called before anything is committed, so that an interrupted run is repeated with the same rows.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is selected then.
    pub async fn select_for_run(&self, as_of: i64) -> Result<u64, StoreError> {
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

    /// At most `limit` events with sequence numbers in `after + 1..=to` that are not held, ascending.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rows_to_commit(&self, after: u64, to: u64, limit: u32) -> Result<Vec<InboxEvent>, StoreError> {
        let sql = "select sequence, body, moved_from from events where sequence > ? and sequence <= ? and held = 0 \
                   order by sequence limit ?";
        let rows = sqlx::query(sql).bind(to_i64(after)).bind(to_i64(to)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(inbox_event).collect()
    }

    /// At most `limit` held events with sequence numbers in `from..=to`, ascending. Neither tables nor snapshots have them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held_rows(&self, from: u64, to: u64, limit: u32) -> Result<Vec<InboxEvent>, StoreError> {
        let sql = "select sequence, body, moved_from from events where held = 1 and sequence between ? and ? \
                   order by sequence limit ?";
        let rows = sqlx::query(sql).bind(to_i64(from)).bind(to_i64(to)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(inbox_event).collect()
    }

    /// Whether the next run with this `as_of` (microseconds since 1970) has events to commit.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn has_pending(&self, as_of: i64) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from events, inbox where held = 0 and sequence > drained \
                   and (sequence <= judged or at < ? or type in ('opt_out', 'opt_in')))";
        Ok(sqlx::query_scalar(sql).bind(as_of).fetch_one(&self.pool).await?)
    }

    /// Time in seconds of the latest event of a member, possibly in the future; `None` if the inbox has none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn latest_event_of(&self, member_id: &str, openids: &[String]) -> Result<Option<i64>, StoreError> {
        let openids = serde_json::to_string(openids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let sql = "select max(at) / 1000000 from events where body ->> '$.member_id' = ?1 \
                   or body ->> '$.openid' in (select value from json_each(?2))";
        Ok(sqlx::query_scalar(sql).bind(member_id).bind(openids).fetch_one(&self.pool).await?)
    }

    /// Number of held events, and the earliest of their times in seconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held_summary(&self) -> Result<(u64, Option<i64>), StoreError> {
        let sql = "select count(*), min(at) / 1000000 from events where held = 1";
        let (count, first): (i64, Option<i64>) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok((count.unsigned_abs(), first))
    }
}
