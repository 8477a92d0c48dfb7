//! `zhihui user`: manages accounts of people.

use std::io::Read;

use anyhow::Context as _;
use serde_json::json;
use zhihui_api::{AuditAction, Store, UserInfo};

use super::{Context, audit, key};
use crate::cli::UserCommand;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, known_ids, output};

pub(crate) async fn run(context: &Context<'_>, command: &UserCommand) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let store = home.store().await?;
    match command {
        UserCommand::Add { name, role, union, .. } => {
            known_ids::require_union(&home, union.as_deref()).await?;
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password).context("cannot read the password from stdin")?;
            let password = password.trim_end_matches(['\r', '\n']);
            let user = add(&store, name, role, union.as_deref(), password).await?;
            if context.json {
                output::json(&user)?
            } else {
                output::print_line(&format!("{} may sign in as {}", user.name, user.role))?
            }
        }
        UserCommand::List => {
            let users = store.users().list().await?;
            if context.json {
                output::json(&users)?;
            } else {
                let row = |user: &UserInfo| {
                    vec![user.name.clone(), user.role.to_string(), key::scope_of(user.union_id.as_deref())]
                };
                let rows: Vec<Vec<String>> = users.iter().map(row).collect();
                output::table(&["name", "role", "union"], &rows, &[false; 3])?;
            }
        }
        UserCommand::Unlock { name, address } => {
            let (what, locked, locks) = match (name, address) {
                (Some(name), _) => ("name", name.trim(), store.users().unlock(name).await.map_err(refuse)?),
                (None, address) => {
                    let address = address.as_deref().unwrap_or_default().trim();
                    ("address", address, store.users().unlock_address(address).await.map_err(refuse)?)
                }
            };
            let answer = json!({ what: locked, "locks": locks });
            if locks > 0 {
                audit::append_entry(&store, AuditAction::UserUnlocked, None, answer.clone()).await?;
            }
            if context.json {
                output::json(&answer)?
            } else if locks == 0 {
                output::print_line(&format!("{locked} is not locked"))?
            } else {
                output::print_line(&format!("{locked} may sign in again"))?
            }
        }
        UserCommand::Remove { name } => {
            remove(&store, name).await?;
            if context.json {
                output::json(&json!({ "removed": name }))?
            } else {
                output::print_line(&format!("{name} is removed"))?
            }
        }
    }
    Ok(Outcome::Done)
}

/// Creates an account for the demo with a new password, replacing that of an earlier run. Returns the password.
pub(crate) async fn with_password(home: &Home, name: &str, role: &str) -> anyhow::Result<String> {
    let store = home.store().await?;
    if store.users().list().await?.iter().any(|user| user.name == name) {
        remove(&store, name).await?;
    }
    let password = crate::home::random_hex(8)?;
    add(&store, name, role, None, &password).await?;
    Ok(password)
}

async fn add(store: &Store, name: &str, role: &str, union: Option<&str>, password: &str) -> anyhow::Result<UserInfo> {
    let (users, role, now) = (store.users(), key::role(role)?, clock::now().timestamp());
    let user = users.add_within(name, role, union, password, now).await.map_err(refuse)?;
    let detail = json!({ "name": user.name, "role": user.role, "union_id": user.union_id });
    audit::append_entry(store, AuditAction::UserAdded, None, detail).await?;
    Ok(user)
}

async fn remove(store: &Store, name: &str) -> anyhow::Result<()> {
    store.users().remove(name).await.map_err(refuse)?;
    audit::append_entry(store, AuditAction::UserRemoved, None, json!({ "name": name.trim() })).await
}
