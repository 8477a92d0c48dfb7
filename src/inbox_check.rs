//! Compares the sequence numbers of the event inbox with those of the lake. After a restore either may be older.

use anyhow::Context as _;
use zhihui_api::Inbox;
use zhihui_pipeline::build::{InboxPosition, inbox_position};
use zhihui_pipeline::lake::Lake;

use crate::home::Home;

/// Returns why inbox and lake do not match, or `None` if they do.
///
/// An inbox older than the lake would assign sequence numbers that the lake already has, and the next run would skip
/// these events. A lake older than the inbox lacks events that were removed from the inbox.
pub(crate) async fn mismatch(home: &Home, lake: &Lake, inbox: &Inbox) -> anyhow::Result<Option<String>> {
    let position = inbox_position(lake, inbox.id()).await?;
    let status = inbox.status().await.context("inbox.db")?;
    let manifests = home.published().manifests().unwrap_or_default().into_iter();
    let published =
        manifests.filter(|manifest| manifest.inbox == inbox.id()).map(|manifest| manifest.inbox_sequence).max();
    let in_lake = position.highest.max(published.unwrap_or(0));
    if in_lake > status.last {
        return Ok(Some(format!(
            "inbox.db has events up to number {}, the lake or a snapshot up to {in_lake}: inbox.db is damaged or older than the \
             lake; stop the service, restore inbox.db and lake/ from one backup, or move inbox.db, inbox.db-wal and \
             inbox.db-shm away (a new inbox is created) and send later events again",
            status.last
        )));
    }
    Ok((status.removed > position.highest).then(|| {
        format!(
            "the lake has events of inbox.db up to number {}, but those up to {} have left the inbox: the lake is older than \
             inbox.db; stop the service and restore inbox.db and lake/ from one backup, or move inbox.db, inbox.db-wal and \
             inbox.db-shm away (a new inbox is created) and send the missing events again",
            position.highest, status.removed
        )
    }))
}

/// Makes a lake that is older than the inbox commit the missing events again. Tables skip events they already have.
pub(crate) async fn follow_lake(lake: &Lake, inbox: &Inbox) -> anyhow::Result<()> {
    let InboxPosition { built, .. } = inbox_position(lake, inbox.id()).await?;
    Ok(inbox.reset_drained(built).await?)
}
