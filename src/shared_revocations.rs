//! Exchanges with other machines of the lake what members asked for: erasure, and the switch for personalised lists.

use anyhow::Context as _;
use serde_json::json;
use zhihui_api::{AuditAction, NewAuditEntry, Store};
use zhihui_data::snapshot::Snapshot;
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::publish::{LatestRequest, PrivacyRequest, Revocations, SharedSnapshots};

use crate::commands::audit;
use crate::home::Home;

/// Sends what members asked for in this home, and carries out what they asked for on other machines. Nothing for a local lake.
pub(crate) async fn exchange(home: &Home, lake: &Lake) -> anyhow::Result<()> {
    let Some(shared) = SharedSnapshots::of(lake) else { return Ok(()) };
    send(home, &shared).await?;
    let Some((revocations, _)) = shared.revocations(None).await? else { return Ok(()) };
    let published = home.published();
    let loaded = tokio::task::spawn_blocking(move || published.load()).await.context("loading the snapshot")?;
    match loaded {
        Ok((snapshot, _)) => carry_out(home, &revocations, &snapshot).await,
        // Without a snapshot nobody can be found, and nobody is served.
        Err(_) => Ok(()),
    }
}

/// Sends after a change in this home. A failure is a message, because the change itself is done: the service or the next run sends
/// it again.
pub(crate) async fn send_now(home: &Home, lake: &Lake) {
    let Some(shared) = SharedSnapshots::of(lake) else { return };
    if let Err(error) = send(home, &shared).await {
        crate::output::print_message(&format!(
            "other machines do not know of it yet ({error:#}); the service or the next run tells them"
        ));
    }
}

/// Adds what members asked for in this home to what all machines know.
pub(crate) async fn send(home: &Home, shared: &SharedSnapshots) -> anyhow::Result<()> {
    let store = home.store().await?;
    let erased = store.erasures().pending().await?.into_iter();
    let erased = erased
        .map(|erasure| (erasure.member_id, LatestRequest { request: PrivacyRequest::Erased, at: erasure.asked_at }));
    let switches = store.consent().load().await?.personalised.into_iter().map(|(member_id, switch)| {
        let request = if switch.allowed { PrivacyRequest::Allowed } else { PrivacyRequest::Refused };
        (member_id, LatestRequest { request, at: switch.at })
    });
    let all: Vec<(String, LatestRequest)> = erased.chain(switches).collect();
    Ok(shared.add_revocations(&all).await?)
}

/// Carries out what members of a snapshot asked for on other machines.
pub(crate) async fn carry_out(home: &Home, revocations: &Revocations, snapshot: &Snapshot) -> anyhow::Result<()> {
    if revocations.is_empty() {
        return Ok(());
    }
    let store = home.store().await?;
    let consent = store.consent().load().await?;
    let erased = store.erasures().erased_members().await?;
    for (row, member_id) in snapshot.members.id.iter().enumerate() {
        let Some(asked) = revocations.of_member(member_id) else { continue };
        let known = consent.personalised.get(member_id);
        match asked.request {
            PrivacyRequest::Erased if erased.has_member(member_id) => {}
            PrivacyRequest::Erased => erase(home, &store, member_id, &snapshot.openids_of(row)).await?,
            PrivacyRequest::Refused | PrivacyRequest::Allowed => {
                let allowed = asked.request == PrivacyRequest::Allowed;
                // Of a refusal and a permission in the same second the refusal counts.
                let is_later = |at: i64| at < asked.at || (at == asked.at && !allowed);
                if known.is_none_or(|known| known.allowed != allowed && is_later(known.at)) {
                    switch(home, &store, (member_id, allowed), asked.at).await?;
                }
            }
        }
    }
    Ok(())
}

async fn erase(home: &Home, store: &Store, member_id: &str, openids: &[String]) -> anyhow::Result<()> {
    let note =
        audit::command_line_entry(AuditAction::MemberErased, Some(member_id), json!({ "asked": "another machine" }));
    store.erasures().erase(member_id, openids, &note).await?;
    let inbox = home.event_inbox().await?;
    inbox.erase_member(member_id, openids).await?;
    inbox.close().await;
    Ok(())
}

/// Sets a switch as of the time at which the member asked for it, so that machines agree on what was later.
async fn switch(home: &Home, store: &Store, (member_id, allowed): (&str, bool), asked_at: i64) -> anyhow::Result<()> {
    let action = if allowed { AuditAction::OptIn } else { AuditAction::OptOut };
    let note = audit::command_line_entry(action, Some(member_id), json!({ "asked": "another machine" }));
    let note = NewAuditEntry { at: asked_at, ..note };
    let inbox = home.event_inbox().await?;
    store.consent().set_personalised_with_inbox(&inbox, member_id, allowed, &note).await?;
    inbox.close().await;
    Ok(())
}
