//! Reading events, and what may leave.

use sqlx::Row;
use zhihui_data::Event;

use super::Inbox;
use crate::store::StoreError;

/// An event with its place in the inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// Its number: later ones are larger, none is used twice.
    pub sequence: u64,
    /// The event.
    pub event: Event,
    /// The number under which it was held until its time came: whoever applied that one has this event already.
    pub moved_from: Option<u64>,
}

/// How the inbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxStatus {
    /// Events that lie in it.
    pub rows: u64,
    /// Events that the next run commits to the lake; those held for a later one are not among them.
    pub waiting: u64,
    /// The number of the last event ever taken; 0 before the first.
    pub last: u64,
    /// The lake has taken everything up to this number.
    pub drained: u64,
    /// Events up to this number have left the inbox.
    pub removed: u64,
}

/// Recent events that were dated ahead of their receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ahead {
    /// Number of recent events looked at.
    pub recent: u64,
    /// How many of them were dated ahead by more than [`Inbox::CLOCK_TOLERANCE`].
    pub ahead: u64,
    /// By how much at most, seconds.
    pub longest_seconds: u64,
}

impl Inbox {
    /// Seconds by which clocks may differ before an event counts as dated ahead.
    pub const CLOCK_TOLERANCE: i64 = 300;

    /// How many of the last 1,000 events were dated ahead of their receipt. Those that have left the inbox were not, as far as
    /// it matters: what is ahead stays.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be read.
    pub async fn ahead(&self) -> Result<Ahead, StoreError> {
        const RECENT: u64 = 1_000;
        let last = self.last().await?;
        let sql = "select count(*) as ahead, coalesce(max(at / 1000000 - received_at), 0) as longest from events \
                   where sequence > ? and at / 1000000 > received_at + ?";
        let row = sqlx::query(sql)
            .bind(number(last.saturating_sub(RECENT)))
            .bind(Self::CLOCK_TOLERANCE)
            .fetch_one(&self.pool)
            .await?;
        let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
        Ok(Ahead { recent: last.min(RECENT), ahead: count("ahead")?, longest_seconds: count("longest")? })
    }

    /// Events above this number, ascending, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when they cannot be read.
    pub async fn rows_after(&self, sequence: u64, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        let rows =
            sqlx::query("select sequence, body, moved_from from events where sequence > ? order by sequence limit ?")
                .bind(number(sequence))
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(numbered).collect()
    }

    /// The number of the last event that was ever accepted; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be read.
    pub async fn last(&self) -> Result<u64, StoreError> {
        let sql = "select coalesce((select seq from sqlite_sequence where name = 'events'), 0)";
        Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.pool).await?.unsigned_abs())
    }

    /// How the inbox stands.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be read.
    pub async fn status(&self) -> Result<InboxStatus, StoreError> {
        let row = sqlx::query(
            "select (select count(*) from events) as rows, \
             (select count(*) from events where held = 0 and sequence > (select drained from inbox)) as waiting, \
             coalesce((select seq from sqlite_sequence where name = 'events'), 0) as last, \
             (select drained from inbox) as drained, (select removed from inbox) as removed",
        )
        .fetch_one(&self.pool)
        .await?;
        let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
        Ok(InboxStatus {
            rows: count("rows")?,
            waiting: count("waiting")?,
            last: count("last")?,
            drained: count("drained")?,
            removed: count("removed")?,
        })
    }

    /// Writes down that the lake has taken everything up to this number; it never goes back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_drained(&self, sequence: u64) -> Result<(), StoreError> {
        sqlx::query("update inbox set drained = max(drained, ?)").bind(number(sequence)).execute(&self.pool).await?;
        Ok(())
    }

    /// Lets the events above this number be taken again, because the lake was put back to an earlier state.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drain_again_after(&self, sequence: u64) -> Result<(), StoreError> {
        let statement = "update inbox set drained = ?1 where drained > ?1";
        sqlx::query(statement).bind(number(sequence)).execute(&self.pool).await?;
        Ok(())
    }

    /// Lets the events up to this number leave, and forgets the ids of events older than 90 days. To be called only when
    /// every snapshot that may serve holds these events.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_up_to(&self, sequence: u64) -> Result<u64, StoreError> {
        self.remove_held(sequence, i64::MAX).await
    }

    /// The same for the events up to this number that happened before `before` (seconds since 1970), and for consent, which
    /// leaves by number alone. Held events stay in either case.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_held(&self, sequence: u64, before: i64) -> Result<u64, StoreError> {
        /// Rows of one transaction, so that events that come meanwhile do not wait long.
        const PART: i64 = 20_000;
        let mut removed = 0;
        // Noted first: a kill in between must not hide that events are gone.
        sqlx::query("update inbox set removed = max(removed, ?)").bind(number(sequence)).execute(&self.pool).await?;
        loop {
            let part = "delete from events where sequence in (select sequence from events where sequence <= ? \
                        and held = 0 and (at < ? or type in ('opt_out', 'opt_in')) order by sequence limit ?)";
            let done = sqlx::query(part)
                .bind(number(sequence))
                .bind(before.saturating_mul(1_000_000))
                .bind(PART)
                .execute(&self.pool)
                .await?
                .rows_affected();
            removed += done;
            if done < PART.unsigned_abs() {
                break;
            }
        }
        sqlx::query("delete from seen where received_at <= ?")
            .bind(self.now() - super::REMEMBERED_SECONDS)
            .execute(&self.pool)
            .await?;
        Ok(removed)
    }

    /// Removes every event of a member, by member id and by the member's openids: for an erasure. Numbers of other events
    /// stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn erase(&self, member_id: &str, openids: &[String]) -> Result<u64, StoreError> {
        let openids = serde_json::to_string(openids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let done = sqlx::query(
            "delete from events where body ->> '$.type' <> 'forget' and (body ->> '$.member_id' = ?1 \
             or body ->> '$.openid' in (select value from json_each(?2)))",
        )
        .bind(member_id)
        .bind(openids)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}

pub(super) fn numbered(row: &sqlx::sqlite::SqliteRow) -> Result<Numbered, StoreError> {
    let body: &str = row.try_get("body")?;
    let event: Event = serde_json::from_str(body).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let moved_from: Option<i64> = row.try_get("moved_from")?;
    let moved_from = moved_from.map(i64::unsigned_abs);
    Ok(Numbered { sequence: row.try_get::<i64, _>("sequence")?.unsigned_abs(), event, moved_from })
}

/// SQLite's integers are signed; no inbox reaches 2^63 events.
pub(super) fn number(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
