//! `zhihui key`: manages API keys. A key is shown once and stored as a hash.

use anyhow::Context as _;
use serde_json::json;
use zhihui_api::{AuditAction, KeyInfo, NewKey, Role, Store};

use super::{Context, audit};
use crate::cli::KeyCommand;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, known_ids, output};

pub(crate) async fn run(context: &Context<'_>, command: &KeyCommand) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    match command {
        KeyCommand::Add { name, scope, union } => {
            known_ids::require_union(&home, union.as_deref()).await?;
            let key = add(&store, name, scope, union.as_deref()).await?;
            if context.json {
                output::json(&json!({ "id": key.id, "key": key.key }))?;
            } else {
                output::print_line(&key.key)?;
                output::print_message(&format!("this is key {} for {name}; it is shown only once", key.id));
            }
        }
        KeyCommand::List => {
            let keys = store.keys().list().await?;
            if context.json {
                output::json(&keys)?;
            } else {
                let row = |key: &KeyInfo| {
                    let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
                    let union = scope_of(key.union_id.as_deref());
                    vec![key.id.clone(), key.name.clone(), key.scope.to_string(), union, state.to_owned()]
                };
                let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
                output::table(&["id", "name", "scope", "union", "state"], &rows, &[false; 5])?;
            }
        }
        KeyCommand::Revoke { id } => {
            let key = revoke(&store, id).await?;
            if context.json { output::json(&key)? } else { output::print_line(&format!("key {} is revoked", key.id))? }
        }
    }
    Ok(Outcome::Done)
}

pub(crate) fn role(word: &str) -> anyhow::Result<Role> {
    Role::parse(word).with_context(|| format!("unknown role {word:?}: use backend, staff, leader or admin"))
}

/// Returns the union that limits an account or key, for lists.
pub(crate) fn scope_of(union_id: Option<&str>) -> String {
    union_id.unwrap_or("all").to_owned()
}

/// Creates a key for the demo and revokes that of an earlier run.
pub(crate) async fn make(home: &Home, name: &str, scope: &str) -> anyhow::Result<String> {
    let store = home.store().await?;
    for old in store.keys().list().await?.into_iter().filter(|key| key.name == name && key.revoked_at.is_none()) {
        revoke(&store, &old.id).await?;
    }
    Ok(add(&store, name, scope, None).await?.key)
}

async fn add(store: &Store, name: &str, scope: &str, union: Option<&str>) -> anyhow::Result<NewKey> {
    let now = clock::now().timestamp();
    let key = store.keys().add_within(name, role(scope)?, union, now).await.map_err(refuse)?;
    let detail = json!({ "id": key.id, "name": name.trim(), "scope": scope, "union_id": union });
    audit::append_entry(store, AuditAction::KeyAdded, None, detail).await?;
    Ok(key)
}

async fn revoke(store: &Store, id: &str) -> anyhow::Result<KeyInfo> {
    let key = store.keys().revoke(id, clock::now().timestamp()).await.map_err(refuse)?;
    audit::append_entry(store, AuditAction::KeyRevoked, None, json!({ "id": key.id, "name": key.name })).await?;
    Ok(key)
}
