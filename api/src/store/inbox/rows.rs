//! Reads events, and removes those that every snapshot contains.

use zhihui_data::Event;

use super::database::Inbox;
use crate::store::error::StoreError;
use crate::store::sql::tables::last_number;
use crate::store::sql::{self, Row};

/// An event with its sequence number.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxEvent {
    /// Sequence number. Later events have larger numbers, and no number is used twice.
    pub sequence: u64,
    /// The event.
    pub event: Event,
    /// The number under which the event was held until its time came. Readers that applied that number have this event.
    pub moved_from: Option<u64>,
}

/// State of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxStatus {
    /// Events in the inbox.
    pub rows: u64,
    /// Events that the next run commits to the lake, without held ones.
    pub waiting: u64,
    /// Sequence number of the last accepted event; 0 before the first.
    pub last: u64,
    /// The lake has all events up to this number.
    pub drained: u64,
    /// Events up to this number were removed.
    pub removed: u64,
}

/// Recent events dated later than their receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockSkew {
    /// Number of recent events examined.
    pub recent: u64,
    /// How many of them are ahead by more than [`Inbox::CLOCK_TOLERANCE`].
    pub ahead: u64,
    /// Largest lead in seconds.
    pub longest_seconds: u64,
}

impl Inbox {
    /// Accepted difference between two clocks, in seconds.
    pub const CLOCK_TOLERANCE: i64 = 300;

    /// How many of the last 1,000 events are dated later than their receipt. Removed events do not matter, because future
    /// events stay in the inbox.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn clock_skew(&self) -> Result<ClockSkew, StoreError> {
        const RECENT: u64 = 1_000;
        let last = self.last().await?;
        let sql = "select count(*) as ahead, coalesce(max(at / 1000000 - received_at), 0) as longest from events \
                   where sequence > $1 and at / 1000000 > received_at + $2";
        let row = sql::query(sql)
            .bind(to_i64(last.saturating_sub(RECENT)))
            .bind(Self::CLOCK_TOLERANCE)
            .fetch_one(&self.pool)
            .await?;
        let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
        Ok(ClockSkew { recent: last.min(RECENT), ahead: count("ahead")?, longest_seconds: count("longest")? })
    }

    /// At most `limit` events above this sequence number, ascending.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rows_after(&self, sequence: u64, limit: u32) -> Result<Vec<InboxEvent>, StoreError> {
        let rows =
            sql::query("select sequence, body, moved_from from events where sequence > $1 order by sequence limit $2")
                .bind(to_i64(sequence))
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(inbox_event).collect()
    }

    /// Sequence number of the last accepted event; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn last(&self) -> Result<u64, StoreError> {
        Ok(last_number(&mut self.pool.acquire().await?, "events").await?.unsigned_abs())
    }

    /// State of the inbox.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn status(&self) -> Result<InboxStatus, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row = sql::query(
            "select (select count(*) from events) as rows, \
             (select count(*) from events where held = 0 and sequence > (select drained from inbox)) as waiting, \
             (select drained from inbox) as drained, (select removed from inbox) as removed",
        )
        .fetch_one(&mut connection)
        .await?;
        let last = last_number(&mut connection, "events").await?.unsigned_abs();
        let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
        Ok(InboxStatus {
            rows: count("rows")?,
            waiting: count("waiting")?,
            last,
            drained: count("drained")?,
            removed: count("removed")?,
        })
    }

    /// Records that the lake has all events up to this number. The number never decreases.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_drained(&self, sequence: u64) -> Result<(), StoreError> {
        let statement = "update inbox set drained = $1 where drained < $1";
        sql::query(statement).bind(to_i64(sequence)).execute(&self.pool).await?;
        Ok(())
    }

    /// Makes the events above this number drain again, after the lake was restored to an earlier state.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn reset_drained(&self, sequence: u64) -> Result<(), StoreError> {
        let statement = "update inbox set drained = $1 where drained > $1";
        sql::query(statement).bind(to_i64(sequence)).execute(&self.pool).await?;
        Ok(())
    }

    /// Removes the events up to this number, and the identities of events older than 90 days. Must be called only when every
    /// snapshot that may serve contains these events.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_up_to(&self, sequence: u64) -> Result<u64, StoreError> {
        self.remove_before(sequence, i64::MAX).await
    }

    /// Like [`Inbox::remove_up_to`], only for events before `before` (seconds since 1970) and for consent, which is removed
    /// by number alone. Held events stay in both cases.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_before(&self, sequence: u64, before: i64) -> Result<u64, StoreError> {
        /// Rows of one transaction, so that incoming events do not wait long.
        const BATCH: i64 = 20_000;
        let mut removed = 0;
        // Recorded first, so that a kill in between cannot hide that events are gone.
        let statement = "update inbox set removed = $1 where removed < $1";
        sql::query(statement).bind(to_i64(sequence)).execute(&self.pool).await?;
        loop {
            let part = "delete from events where sequence in (select sequence from events where sequence <= $1 \
                        and held = 0 and (at < $2 or type in ('opt_out', 'opt_in')) order by sequence limit $3)";
            let done = sql::query(part)
                .bind(to_i64(sequence))
                .bind(before.saturating_mul(1_000_000))
                .bind(BATCH)
                .execute(&self.pool)
                .await?
                .rows_affected();
            removed += done;
            if done < BATCH.unsigned_abs() {
                break;
            }
        }
        sql::query("delete from seen where received_at <= $1")
            .bind(self.now() - crate::store::inbox::database::IDENTITY_SECONDS)
            .execute(&self.pool)
            .await?;
        Ok(removed)
    }
}

pub(crate) fn inbox_event(row: &Row) -> Result<InboxEvent, StoreError> {
    let body: &str = row.try_get("body")?;
    let event: Event = serde_json::from_str(body).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let moved_from: Option<i64> = row.try_get("moved_from")?;
    let moved_from = moved_from.map(i64::unsigned_abs);
    Ok(InboxEvent { sequence: row.try_get::<i64, _>("sequence")?.unsigned_abs(), event, moved_from })
}

/// Converts to the signed integers of the databases.
pub(crate) fn to_i64(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
