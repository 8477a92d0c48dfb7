//! Events dated after the `as_of` of a run. They are held in the inbox until their time comes; later events do not wait.

use zhihui_data::Event;

use super::database::Inbox;
use super::rows::{InboxEvent, inbox_event, to_i64};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::tables::last_number;

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
        let mut transaction = self.pool.begin_write().await?;
        sql::query(transaction.dialect().choose(
            "insert into events (received_at, body, moved_from) \
             select received_at, body, sequence from events where held = 1 and at < $1 order by sequence",
            "insert into events (sequence, received_at, body, at, type, moved_from) \
             select (select number from last_numbers where name = 'events') + row_number() over (order by sequence), \
             received_at, body, at, type, sequence from events where held = 1 and at < $1",
        ))
        .bind(as_of)
        .execute(&mut *transaction)
        .await?;
        sql::query("delete from events where held = 1 and at < $1").bind(as_of).execute(&mut *transaction).await?;
        sql::query(
            "update events set held = 1 where sequence > (select judged from inbox) \
             and sequence > (select drained from inbox) and at >= $1 and type not in ('opt_out', 'opt_in')",
        )
        .bind(as_of)
        .execute(&mut *transaction)
        .await?;
        let last = last_number(&mut transaction, "events").await?;
        sql::query("update inbox set judged = $1 where judged < $1").bind(last).execute(&mut *transaction).await?;
        let judged: i64 = sql::query_scalar("select judged from inbox").fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(judged.unsigned_abs())
    }

    /// At most `limit` events with sequence numbers in `after + 1..=to` that are not held, ascending.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rows_to_commit(&self, after: u64, to: u64, limit: u32) -> Result<Vec<InboxEvent>, StoreError> {
        let sql = "select sequence, body, moved_from from events where sequence > $1 and sequence <= $2 and held = 0 \
                   order by sequence limit $3";
        let rows = sql::query(sql).bind(to_i64(after)).bind(to_i64(to)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(inbox_event).collect()
    }

    /// At most `limit` held events with sequence numbers in `from..=to`, ascending. Neither tables nor snapshots have them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held_rows(&self, from: u64, to: u64, limit: u32) -> Result<Vec<InboxEvent>, StoreError> {
        let sql = "select sequence, body, moved_from from events where held = 1 and sequence between $1 and $2 \
                   order by sequence limit $3";
        let rows = sql::query(sql).bind(to_i64(from)).bind(to_i64(to)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(inbox_event).collect()
    }

    /// Whether the next run with this `as_of` (microseconds since 1970) has events to commit.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn has_pending(&self, as_of: i64) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from events, inbox where held = 0 and sequence > drained \
                   and (sequence <= judged or at < $1 or type in ('opt_out', 'opt_in')))";
        Ok(sql::query_scalar(sql).bind(as_of).fetch_one(&self.pool).await?)
    }

    /// Time in seconds of the latest event of a member, possibly in the future; `None` if the inbox has none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn latest_event_of(&self, member_id: &str, openids: &[String]) -> Result<Option<i64>, StoreError> {
        let mut latest = None;
        for id in std::iter::once(member_id).chain(openids.iter().map(String::as_str)) {
            // Texts of events are searched before they are parsed.
            let quoted = serde_json::Value::from(id).to_string();
            let sql = "select body from events where instr(body, $1) > 0";
            let bodies: Vec<String> = sql::query_scalar(sql).bind(quoted).fetch_all(&self.pool).await?;
            for body in bodies {
                let event: Event = serde_json::from_str(&body).map_err(|error| sqlx::Error::Decode(error.into()))?;
                if event.member_id.as_deref() == Some(member_id)
                    || event.openid.as_ref().is_some_and(|id| openids.contains(id))
                {
                    latest = latest.max(Some(event.at / 1_000_000));
                }
            }
        }
        Ok(latest)
    }

    /// Number of held events, and the earliest of their times in seconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held_summary(&self) -> Result<(u64, Option<i64>), StoreError> {
        let sql = "select count(*), min(at) / 1000000 from events where held = 1";
        let (count, first): (i64, Option<i64>) = sql::query_as(sql).fetch_one(&self.pool).await?;
        Ok((count.unsigned_abs(), first))
    }
}
