//! From the event inbox into the lake: every event once, in the order in which the inbox took them.

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

/// Commits the events of the inbox to the raw tables, but those dated at or after `as_of`: a state as of that instant does not
/// show them, so they wait in the inbox, where the live overlay sees them. The lake's lock is held.
pub(crate) async fn drain(home: &Home, lake: &Lake, run_id: &str, as_of: DateTime<Utc>) -> anyhow::Result<Drained> {
    let inbox = home.events().await?;
    if let Some(mismatch) = inbox_check::mismatch(home, lake, &inbox).await? {
        return Err(refuse(anyhow::anyhow!(mismatch)));
    }
    inbox_check::follow_lake(lake, &inbox).await?;
    let judged = inbox.select_for_run(as_of.timestamp_micros()).await?;
    let mut sequence = inbox.status().await?.drained;
    let mut rows = 0;
    loop {
        let part = inbox.rows_to_commit(sequence, judged, PART).await?;
        let part: Vec<(u64, Event)> = part.into_iter().map(|row| (row.sequence, row.event)).collect();
        let Some(&(last, _)) = part.last() else { break };
        let events = InboxEvents { inbox: inbox.id(), rows: &part };
        rows += add_events(lake, events, run_id, home.zone(), clock::now()).await.map_err(refuse)?.new;
        inbox.set_drained(last).await?;
        sequence = last;
    }
    // Past held events at the end.
    inbox.set_drained(judged).await?;
    sequence = sequence.max(judged);
    let drained = Drained { inbox: inbox.id().to_owned(), sequence, rows };
    inbox.close().await;
    Ok(drained)
}

/// Whether an event waits to be committed by a run as of `as_of`.
pub(crate) async fn waits(home: &Home, as_of: DateTime<Utc>) -> anyhow::Result<bool> {
    let inbox = home.events().await?;
    let (_, first_held) = inbox.held_summary().await?;
    let waits =
        inbox.has_pending(as_of.timestamp_micros()).await? || first_held.is_some_and(|first| first < as_of.timestamp());
    inbox.close().await;
    Ok(waits)
}

/// The instant of a snapshot, seconds since 1970.
fn instant_of(manifest: &Manifest) -> Option<i64> {
    DateTime::parse_from_rfc3339(&manifest.as_of).ok().map(|at| at.timestamp())
}

/// Lets events leave the inbox that the built tables and every snapshot hold which may have to serve; gives how many left.
pub(crate) async fn leave(home: &Home) -> anyhow::Result<u64> {
    let inbox: Inbox = home.events().await?;
    let manifests = home.published().manifests()?;
    let held = |manifest: &Manifest| if manifest.inbox == inbox.id() { manifest.inbox_sequence } else { 0 };
    let held_by_all = manifests.iter().map(held).min();
    let before = manifests.iter().map(|manifest| instant_of(manifest).unwrap_or(i64::MIN)).min();
    // A lake that was put back to an earlier state may hold less than the snapshots.
    let built = inbox_position(&home.lake().await?, inbox.id()).await?.built;
    let left = inbox.remove_before(held_by_all.unwrap_or(0).min(built), before.unwrap_or(i64::MIN)).await?;
    inbox.close().await;
    Ok(left)
}
