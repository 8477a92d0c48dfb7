//! Appends events in one transaction for many requests, and drops duplicates.
//!
//! Takes the validated events of a batch of requests and returns the rows it added with their sequence numbers, and what became
//! of each event. It does not change the overlay; the event writer does.

use std::collections::HashSet;

use sqlx::Row;
use zhihui_data::{Event, EventType};

use super::database::Inbox;
use super::rows::InboxEvent;
use crate::store::error::StoreError;

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
        let identities: Vec<String> = events.iter().map(|event| hex::encode(event.identity)).collect();
        let now = self.now();
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        let known = sqlx::query(
            "select identity from seen where identity in (select unhex(value) from json_each(?)) and received_at > ?",
        )
        .bind(json(&identities)?)
        .bind(now - crate::store::inbox::database::IDENTITY_SECONDS)
        .fetch_all(&mut *transaction)
        .await?;
        let mut seen = HashSet::with_capacity(known.len() + events.len());
        for row in &known {
            let identity: Vec<u8> = row.try_get("identity")?;
            seen.extend(<[u8; 16]>::try_from(identity));
        }
        let mut appended = AppendedEvents::default();
        let (mut bodies, mut new, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        let mut revoked = HashSet::new();
        for (PreparedEvent { identity, event, body }, hex) in events.into_iter().zip(&identities) {
            if !seen.insert(identity) {
                appended.receipts.push(EventReceipt::Duplicate);
                continue;
            }
            revoked.remove(hex.as_str());
            if let Some(other) = reversed_identity(&event) {
                seen.remove(&other);
                revoked.insert(hex::encode(other));
            }
            appended.receipts.push(EventReceipt::Accepted);
            bodies.push(body);
            new.push(hex);
            kept.push(event);
        }
        if kept.is_empty() {
            return Ok(appended);
        }
        sqlx::query(
            "insert into seen select unhex(value), ?2 from json_each(?1) where true \
                     on conflict do update set received_at = excluded.received_at",
        )
        .bind(json(&new)?)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if !revoked.is_empty() {
            sqlx::query("delete from seen where identity in (select unhex(value) from json_each(?))")
                .bind(json(&revoked)?)
                .execute(&mut *transaction)
                .await?;
        }
        let done =
            sqlx::query("insert into events (received_at, body) select ?2, value from json_each(?1) order by key")
                .bind(json(&bodies)?)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
        transaction.commit().await?;
        let first = done.last_insert_rowid() - kept.len() as i64 + 1;
        appended.rows = (first..)
            .zip(kept)
            .map(|(at, event)| InboxEvent { sequence: at.unsigned_abs(), event, moved_from: None })
            .collect();
        Ok(appended)
    }
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
