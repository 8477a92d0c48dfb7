//! `zhihui audit`: shows and verifies the audit log.

use anyhow::Context as _;
use serde_json::Value;
use zhihui_api::{AuditAction, AuditEntry, LOCAL, NewAuditEntry, Store};

use super::Context;
use crate::cli::AuditCommand;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, output};

pub(crate) async fn run(context: &Context<'_>, command: &AuditCommand) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    match command {
        AuditCommand::Verify { head } => {
            let head = head.as_deref().map(parse_head).transpose()?;
            let head = head.as_ref().map(|(entries, hash)| (*entries, hash.as_str()));
            let verified = store.audit().verify(head).await.map_err(refuse)?;
            if context.json {
                output::json(&verified)?;
            } else {
                output::print_line(&format!(
                    "{} entries, none changed; --head {}:{}",
                    verified.entries, verified.entries, verified.head
                ))?;
            }
        }
        AuditCommand::List { limit, member } => {
            let entries = store.audit().list(*limit, member.as_deref()).await?;
            if context.json {
                output::json(&entries)?;
            } else {
                let row = |entry: &AuditEntry| {
                    let member = entry.member_id.clone().or_else(|| entry.member.clone()).unwrap_or_default();
                    vec![
                        entry.seq.to_string(),
                        entry.at.clone(),
                        entry.actor.clone(),
                        entry.source.clone().unwrap_or_default(),
                        entry.action.clone(),
                        member,
                        entry.detail.to_string(),
                    ]
                };
                let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
                let right = [true, false, false, false, false, false, false];
                output::table(&["seq", "at", "who", "from", "what", "member", "detail"], &rows, &right)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// Appends an action of the command line to the audit log.
pub(crate) async fn append_entry(
    store: &Store,
    action: AuditAction,
    member_id: Option<&str>,
    detail: Value,
) -> anyhow::Result<()> {
    Ok(store.audit().append(&command_line_entry(action, member_id, detail)).await?)
}

/// Returns the audit entry of an action of the command line.
pub(crate) fn command_line_entry(action: AuditAction, member_id: Option<&str>, detail: Value) -> NewAuditEntry<'_> {
    let (at, actor) = (clock::now().timestamp(), "command line");
    NewAuditEntry { at, actor, role: None, source: LOCAL, action, member_id, detail }
}

/// Records an action of the command line, after a change of the configuration if there is one.
pub(crate) async fn record(home: &Home, action: AuditAction, detail: Value) -> anyhow::Result<()> {
    let store = home.store().await?;
    note_configuration(home, &store).await?;
    append_entry(&store, action, None, detail).await
}

/// Records a change of `zhihui.toml` since the last entry about it.
pub(crate) async fn note_configuration(home: &Home, store: &Store) -> anyhow::Result<()> {
    let settings = home.folder.join("zhihui.toml");
    let text = std::fs::read(&settings).with_context(|| settings.display().to_string())?;
    Ok(store.audit().note_configuration(&text, "command line", clock::now().timestamp()).await?)
}

fn parse_head(text: &str) -> anyhow::Result<(i64, String)> {
    let parts = text.split_once(':').and_then(|(entries, hash)| Some((entries.parse().ok()?, hash.to_owned())));
    parts.with_context(|| format!("--head {text:?}: use ENTRIES:HASH as printed by `zhihui audit verify`"))
}
