//! Commits events of the event inbox to the lake, each once, in the order of acceptance.

use chrono::{DateTime, Utc};
use zhihui_api::Inbox;
use zhihui_data::Event;
use zhihui_data::snapshot::Manifest;
use zhihui_pipeline::build::inbox_position;
use zhihui_pipeline::ingest::{InboxEvents, add_events};
use zhihui_pipeline::lake::Lake;

use crate::clock;
use crate::home::Home;
use crate::inbox_check;
use crate::outcome::refuse;

/// Events per commit and table. Limits memory.
const BATCH_EVENTS: u32 = 200_000;

/// The result of a drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Id of the inbox.
    pub(crate) inbox: String,
    /// Sequence number up to which events are in the lake.
    pub(crate) sequence: u64,
    /// Rows added by this drain.
    pub(crate) rows: u64,
}

/// Commits the events of the inbox to the raw tables, except those dated at or after `as_of`. These stay in the inbox
/// and are visible in the live overlay. The caller must hold the lock of the lake.
pub(crate) async fn drain(home: &Home, lake: &Lake, run_id: &str, as_of: DateTime<Utc>) -> anyhow::Result<Drained> {
    let inbox = home.event_inbox().await?;
    if let Some(mismatch) = inbox_check::mismatch(home, lake, &inbox).await? {
        return Err(refuse(anyhow::anyhow!(mismatch)));
    }
    inbox_check::follow_lake(lake, &inbox).await?;
    let selected_until = inbox.select_for_run(as_of.timestamp_micros()).await?;
    let mut sequence = inbox.status().await?.drained;
    let mut rows = 0;
    loop {
        let batch = inbox.rows_to_commit(sequence, selected_until, BATCH_EVENTS).await?;
        let batch: Vec<(u64, Event)> = batch.into_iter().map(|row| (row.sequence, row.event)).collect();
        let Some(&(last, _)) = batch.last() else { break };
        let events = InboxEvents { inbox: inbox.id(), rows: &batch };
        rows += add_events(lake, events, run_id, home.zone(), clock::now()).await.map_err(refuse)?.new;
        inbox.set_drained(last).await?;
        sequence = last;
    }
    // Skip held events at the end.
    inbox.set_drained(selected_until).await?;
    sequence = sequence.max(selected_until);
    let drained = Drained { inbox: inbox.id().to_owned(), sequence, rows };
    inbox.close().await;
    Ok(drained)
}

/// Returns whether an event would be committed by a run as of `as_of`.
pub(crate) async fn has_pending(home: &Home, as_of: DateTime<Utc>) -> anyhow::Result<bool> {
    let inbox = home.event_inbox().await?;
    let (_, first_held) = inbox.held_summary().await?;
    let pending =
        inbox.has_pending(as_of.timestamp_micros()).await? || first_held.is_some_and(|first| first < as_of.timestamp());
    inbox.close().await;
    Ok(pending)
}

/// Returns the instant of a snapshot in seconds since 1970.
fn instant_of(manifest: &Manifest) -> Option<i64> {
    DateTime::parse_from_rfc3339(&manifest.as_of).ok().map(|at| at.timestamp())
}

/// Removes events from the inbox that the built tables and all kept snapshots contain. Returns the number of removed
/// events.
pub(crate) async fn remove_drained(home: &Home) -> anyhow::Result<u64> {
    let inbox: Inbox = home.event_inbox().await?;
    let manifests = home.published().manifests()?;
    let position_in = |manifest: &Manifest| if manifest.inbox == inbox.id() { manifest.inbox_sequence } else { 0 };
    let in_all_snapshots = manifests.iter().map(position_in).min();
    let before = manifests.iter().map(|manifest| instant_of(manifest).unwrap_or(i64::MIN)).min();
    // A restored lake may contain fewer events than the snapshots.
    let built = inbox_position(&home.lake().await?, inbox.id()).await?.built;
    let removed = inbox.remove_before(in_all_snapshots.unwrap_or(0).min(built), before.unwrap_or(i64::MIN)).await?;
    inbox.close().await;
    Ok(removed)
}
