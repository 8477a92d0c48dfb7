//! Compares the numbers of the event inbox with those that the lake holds: after a restore, either may be the older one.

use anyhow::Context as _;
use zhihui_api::Inbox;
use zhihui_pipeline::build::{InboxPosition, inbox_position};
use zhihui_pipeline::lake::Lake;

use crate::home::Home;

/// Why inbox and lake do not belong together, or `None` if they do.
///
/// An inbox that is older than the lake gives new events numbers that the lake has already counted, so that the next run would
/// skip them. A lake that is older than the inbox lacks events that have left the inbox.
pub(crate) async fn mismatch(home: &Home, lake: &Lake, inbox: &Inbox) -> anyhow::Result<Option<String>> {
    let position = inbox_position(lake, inbox.id()).await?;
    let status = inbox.status().await.context("inbox.db")?;
    let manifests = home.published().manifests().unwrap_or_default().into_iter();
    let published =
        manifests.filter(|manifest| manifest.inbox == inbox.id()).map(|manifest| manifest.inbox_sequence).max();
    let held = position.highest.max(published.unwrap_or(0));
    if held > status.last {
        return Ok(Some(format!(
            "inbox.db knows events up to number {}, the lake or a snapshot holds them up to {held}: inbox.db is damaged or older \
             than the lake; stop the service, restore inbox.db and lake/ of one backup, or move inbox.db, inbox.db-wal and \
             inbox.db-shm aside (a new one is made) and send again the events that came since",
            status.last
        )));
    }
    Ok((status.removed > position.highest).then(|| {
        format!(
            "the lake holds events of inbox.db up to number {}, those up to {} have left the inbox: the lake is older than \
             inbox.db; stop the service and restore inbox.db and lake/ of one backup, or move inbox.db, inbox.db-wal and \
             inbox.db-shm aside (a new one is made) and send the missing events again",
            position.highest, status.removed
        )
    }))
}

/// Lets a lake that is older than the inbox take the missing events again: each table skips those that it already holds.
pub(crate) async fn follow_lake(lake: &Lake, inbox: &Inbox) -> anyhow::Result<()> {
    let InboxPosition { built, .. } = inbox_position(lake, inbox.id()).await?;
    Ok(inbox.reset_drained(built).await?)
}
