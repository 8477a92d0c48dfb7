//! Appends events in one transaction for many requests, and drops duplicates.
//!
//! Takes the validated events of a batch of requests and returns the rows it added with their sequence numbers, and what became
//! of each event. It does not change the overlay; the event writer does.

use std::collections::HashSet;

use zhihui_data::{Event, EventType};

use super::database::{IDENTITY_SECONDS, Inbox};
use super::rows::InboxEvent;
use crate::store::error::StoreError;
use crate::store::sql::tables::last_number;
use crate::store::sql::{self, Connection, Dialect, Parameter};

/// The result for one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventReceipt {
    /// The event is on disk.
    Accepted,
    /// The event was received before.
    Duplicate,
}

/// The result of an append, which is on disk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AppendedEvents {
    /// One receipt for each event, in the given order.
    pub receipts: Vec<EventReceipt>,
    /// The accepted events with their sequence numbers, ascending without gaps.
    pub rows: Vec<InboxEvent>,
}

/// An event with its identity and its text, so that a transaction only stores it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PreparedEvent {
    pub(crate) identity: [u8; 16],
    event: Event,
    body: String,
}

impl PreparedEvent {
    /// Prepares an event.
    ///
    /// # Errors
    /// [`StoreError::Database`] if the event cannot be written as JSON.
    pub(crate) fn new(event: Event) -> Result<Self, StoreError> {
        Ok(Self { identity: event.identity(), body: json(&event)?, event })
    }
}

impl Inbox {
    /// Appends events in one transaction, which is on disk when this returns. Several processes may append.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was stored or, if the disk failed at the very end, possibly everything. Sending the
    /// same events again is correct in both cases.
    pub async fn append(&self, events: Vec<Event>) -> Result<AppendedEvents, StoreError> {
        self.append_prepared(events.into_iter().map(PreparedEvent::new).collect::<Result<_, _>>()?).await
    }

    /// Like [`Inbox::append`].
    pub(crate) async fn append_prepared(&self, events: Vec<PreparedEvent>) -> Result<AppendedEvents, StoreError> {
        let identities = events.iter().map(|event| event.identity.to_vec()).collect();
        let now = self.now();
        let mut transaction = self.pool.begin_write().await?;
        let known = sql::query_scalar::<Vec<u8>>(transaction.dialect().choose(
            "select identity from seen where received_at > $2 and identity in (select unhex(value) from json_each($1))",
            "select identity from seen where received_at > $2 and identity = any($1)",
        ))
        .bind(Parameter::ByteStrings(identities))
        .bind(now - IDENTITY_SECONDS)
        .fetch_all(&mut *transaction)
        .await?;
        let mut seen = HashSet::with_capacity(known.len() + events.len());
        seen.extend(known.into_iter().filter_map(|identity| <[u8; 16]>::try_from(identity).ok()));
        let mut appended = AppendedEvents::default();
        let (mut new, mut accepted) = (Vec::new(), Vec::new());
        let mut revoked = HashSet::new();
        for event in events {
            if !seen.insert(event.identity) {
                appended.receipts.push(EventReceipt::Duplicate);
                continue;
            }
            revoked.remove(&event.identity);
            if let Some(other) = reversed_identity(&event.event) {
                seen.remove(&other);
                revoked.insert(other);
            }
            appended.receipts.push(EventReceipt::Accepted);
            new.push(event.identity.to_vec());
            accepted.push(event);
        }
        if accepted.is_empty() {
            return Ok(appended);
        }
        sql::query(transaction.dialect().choose(
            "insert into seen select unhex(value), $2 from json_each($1) where true \
             on conflict do update set received_at = excluded.received_at",
            // One statement cannot update a row twice.
            "insert into seen select distinct unnest($1::bytea[]), $2::bigint \
             on conflict (identity) do update set received_at = excluded.received_at",
        ))
        .bind(Parameter::ByteStrings(new))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if !revoked.is_empty() {
            sql::query(transaction.dialect().choose(
                "delete from seen where identity in (select unhex(value) from json_each($1))",
                "delete from seen where identity = any($1)",
            ))
            .bind(Parameter::ByteStrings(revoked.into_iter().map(Vec::from).collect()))
            .execute(&mut *transaction)
            .await?;
        }
        let kept = insert_events(&mut transaction, accepted, now).await?;
        let last = last_number(&mut transaction, "events").await?;
        transaction.commit().await?;
        let first = last - kept.len() as i64 + 1;
        appended.rows = (first..)
            .zip(kept)
            .map(|(at, event)| InboxEvent { sequence: at.unsigned_abs(), event, moved_from: None })
            .collect();
        Ok(appended)
    }
}

/// Inserts events under the next numbers and returns them. SQLite computes their times and types from their texts.
async fn insert_events(
    connection: &mut Connection,
    events: Vec<PreparedEvent>,
    now: i64,
) -> Result<Vec<Event>, StoreError> {
    let (mut bodies, mut kept) = (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
    for PreparedEvent { event, body, .. } in events {
        bodies.push(body);
        kept.push(event);
    }
    let insert = match connection.dialect() {
        Dialect::Sqlite => {
            let sql = "insert into events (received_at, body) select $1, value from json_each($2) order by key";
            sql::query(sql).bind(now).bind(Parameter::Texts(bodies))
        }
        Dialect::Postgres => {
            let sql = "insert into events (sequence, received_at, body, at, type) \
                       select (select number from last_numbers where name = 'events') + new.place, $1, new.body, new.at, \
                       new.type from unnest($2::text[], $3::bigint[], $4::text[]) with ordinality \
                       as new (body, at, type, place)";
            let times = kept.iter().map(|event| event.at).collect();
            let types = kept.iter().map(|event| event.kind.as_str().to_owned()).collect();
            let insert = sql::query(sql).bind(now).bind(Parameter::Texts(bodies));
            insert.bind(Parameter::Integers(times)).bind(Parameter::Texts(types))
        }
    };
    insert.execute(connection).await?;
    Ok(kept)
}

/// The identity of the event that this one reverses: same person, item and second. It is forgotten, so that the reversed
/// event can be received again: opt-out, opt-in and opt-out within one second end with an opt-out.
fn reversed_identity(event: &Event) -> Option<[u8; 16]> {
    let kind = match event.kind {
        EventType::OptOut => EventType::OptIn,
        EventType::OptIn => EventType::OptOut,
        EventType::Follow => EventType::Unfollow,
        EventType::Unfollow => EventType::Follow,
        EventType::SignUp => EventType::Cancel,
        EventType::Cancel => EventType::SignUp,
        _ => return None,
    };
    event.event_id.is_none().then(|| Event { kind, ..event.clone() }.identity())
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()).into())
}
