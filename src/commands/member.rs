//! `zhihui member`: carries out the rights of members.

use std::sync::Arc;

use anyhow::Context as _;
use serde_json::json;
use zhihui_api::{AuditAction, Clock, NoReports, Ports, PublishedEngine, Service, Settings, Store};
use zhihui_engine::Engine;
use zhihui_pipeline::lake::LakeError;

use super::{Context, audit};
use crate::cli::MemberCommand;
use crate::erasure::{self, HomeMemberRecords};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, known_ids, output, shared_revocations, steps};

pub(crate) async fn run(context: &Context<'_>, command: &MemberCommand) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    match command {
        MemberCommand::Export { member } => export(home, store, member).await?,
        MemberCommand::Forget { member } => forget(context, &home, &store, member).await?,
        MemberCommand::OptOut { member } => switch(context, &home, &store, (member, false)).await?,
        MemberCommand::OptIn { member } => switch(context, &home, &store, (member, true)).await?,
        MemberCommand::DeleteTopic { member, topic } => {
            known_ids::require_member(&home, member).await?;
            let note = audit::command_line_entry(AuditAction::TopicDeleted, Some(member), json!({}));
            let (lake, inbox) = (home.lake().await?, home.event_inbox().await?);
            let mut openids = erasure::openids(&home, &lake, member).await?;
            openids.extend(inbox.bound_openids(member).await?);
            store.consent().delete_topic_with_inbox(&inbox, (member, &openids), topic, &note).await?;
            if context.json {
                output::json(&json!({ "member_id": member, "topic": topic, "deleted": true }))?;
            } else {
                output::print_line(&format!("{topic} is deleted from the profile of {member}"))?;
            }
        }
    }
    Ok(Outcome::Done)
}

async fn export(home: Home, store: Store, member: &str) -> anyhow::Result<()> {
    audit::append_entry(&store, AuditAction::MemberExported, Some(member), json!({})).await?;
    let home = Arc::new(home);
    let clock: Clock = Arc::new(|| clock::now().timestamp());
    let ports = Ports::new(Arc::new(NoReports)).with_member_records(Arc::new(HomeMemberRecords(Arc::clone(&home))));
    let service = Service::new(Settings::default(), clock, store, ports).await?;
    service.accept_events(home.event_inbox().await?);
    if let Ok((snapshot, _)) = home.published().load() {
        service
            .publish_with_events(PublishedEngine::new(
                Engine::new(snapshot).with_list_options(home.config.recommend.lists()),
            ))
            .await?;
    }
    let records = service.member_data(member).await;
    output::json(&records.map_err(|problem| refuse(anyhow::anyhow!("{}", problem.detail)))?)
}

async fn forget(context: &Context<'_>, home: &Home, store: &Store, member: &str) -> anyhow::Result<()> {
    let lake = home.lake().await?;
    let inbox = home.event_inbox().await?;
    let openids = erasure::openids(home, &lake, member).await?;
    let note = audit::command_line_entry(AuditAction::MemberErased, Some(member), json!({}));
    store.erasures().erase(member, &openids, &note).await?;
    inbox.erase_member(member, &openids).await?;
    shared_revocations::send_now(home, &lake).await;
    let erased = match erasure::try_erase_pending(home, &lake, &steps::run_id(clock::now())).await {
        Ok(erased) => Some(erased),
        Err(LakeError::Busy { .. }) => None,
        Err(error) => {
            return Err(error)
                .context("the member is erased from answers, but tables still have rows; run `zhihui run`");
        }
    };
    let n_rows: u64 = erased.iter().flatten().map(|rows| rows.rows).sum();
    if erased.is_some() && n_rows == 0 && openids.is_empty() {
        output::print_message(&format!("no table has rows of member {member}; later rows will be dropped"));
    }
    let left = match erased {
        Some(_) => {
            "run `zhihui run` to remove the member from the snapshot, then `zhihui maintain` to remove deleted files"
        }
        None => {
            "another process is writing; run `zhihui run` to erase the rows, then `zhihui maintain` to remove deleted files"
        }
    };
    if context.json {
        let answer = json!({ "member_id": member, "erased_from_answers": true, "erased_rows": erased, "left": left });
        return output::json(&answer);
    }
    output::print_line(&format!("{member} is erased from all answers"))?;
    for rows in erased.iter().flatten() {
        output::print_line(&format!("{} rows erased from {}", rows.rows, rows.table))?;
    }
    output::print_message(left);
    Ok(())
}

async fn switch(
    context: &Context<'_>,
    home: &Home,
    store: &Store,
    (member, allowed): (&str, bool),
) -> anyhow::Result<()> {
    known_ids::require_member(home, member).await?;
    let action = if allowed { AuditAction::OptIn } else { AuditAction::OptOut };
    let note = audit::command_line_entry(action, Some(member), json!({}));
    store.consent().set_personalised_with_inbox(&home.event_inbox().await?, member, allowed, &note).await?;
    if home.config.lake.url.is_some() {
        shared_revocations::send_now(home, &home.lake().await?).await;
    }
    if context.json {
        return output::json(&json!({ "member_id": member, "personalised": allowed }));
    }
    let word = if allowed { "gets personalised lists again" } else { "gets the general list from now on" };
    output::print_line(&format!("{member} {word}"))
}
