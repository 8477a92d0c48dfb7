//! From the event inbox into the lake: every event once, in the order in which the inbox took them.

use chrono::{DateTime, Utc};
use zhihui_api::Inbox;
use zhihui_data::Event;
use zhihui_pipeline::build::inbox_position;
use zhihui_pipeline::ingest::{InboxEvents, add_events};
use zhihui_pipeline::lake::Lake;

use crate::home::Home;
use crate::inbox_check;
use crate::outcome::refuse;

/// Events of one commit a table: bounds memory.
const PART: u32 = 200_000;

/// What was taken, and how far the lake has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Names the inbox.
    pub(crate) inbox: String,
    /// The lake has taken everything up to this number.
    pub(crate) sequence: u64,
    /// Rows that this drain added.
    pub(crate) rows: u64,
}

/// Takes what lies in the inbox up to the first event that happened at or after `as_of`: a state as of that instant does not
/// show that one, so it has to stay where the live overlay sees it. The lake's lock is held.
pub(crate) async fn drain(home: &Home, lake: &Lake, run_id: &str, as_of: DateTime<Utc>) -> anyhow::Result<Drained> {
    let inbox = home.events().await?;
    if let Some(mismatch) = inbox_check::mismatch(home, lake, &inbox).await? {
        return Err(refuse(anyhow::anyhow!(mismatch)));
    }
    inbox_check::follow_lake(lake, &inbox).await?;
    let mut sequence = inbox.status().await?.drained;
    let mut rows = 0;
    loop {
        let part = inbox.rows_after(sequence, PART).await?;
        let whole = part.len();
        let before = |event: &Event| event.at < as_of.timestamp_micros();
        let part: Vec<(u64, Event)> =
            part.into_iter().take_while(|row| before(&row.event)).map(|row| (row.sequence, row.event)).collect();
        let Some(&(last, _)) = part.last() else { break };
        let events = InboxEvents { inbox: inbox.id(), rows: &part };
        rows += add_events(lake, events, run_id, home.zone(), as_of).await.map_err(refuse)?.new;
        inbox.set_drained(last).await?;
        sequence = last;
        if part.len() < whole {
            break;
        }
    }
    let drained = Drained { inbox: inbox.id().to_owned(), sequence, rows };
    inbox.close().await;
    Ok(drained)
}

/// Whether an event that happened before `as_of` waits to be taken.
pub(crate) async fn waits(home: &Home, as_of: DateTime<Utc>) -> anyhow::Result<bool> {
    let inbox = home.events().await?;
    let next = inbox.rows_after(inbox.status().await?.drained, 1).await?;
    inbox.close().await;
    Ok(next.first().is_some_and(|row| row.event.at < as_of.timestamp_micros()))
}

/// Lets events leave the inbox that the built tables and every snapshot hold which may have to serve; gives how many left.
pub(crate) async fn leave(home: &Home) -> anyhow::Result<u64> {
    let inbox: Inbox = home.events().await?;
    let held = |manifest: zhihui_data::snapshot::Manifest| {
        if manifest.inbox == inbox.id() { manifest.inbox_sequence } else { 0 }
    };
    let held_by_all = home.published().manifests()?.into_iter().map(held).min();
    // A lake that was put back to an earlier state may hold less than the snapshots.
    let built = inbox_position(&home.lake().await?, inbox.id()).await?.built;
    let left = inbox.remove_up_to(held_by_all.unwrap_or(0).min(built)).await?;
    inbox.close().await;
    Ok(left)
}
