//! Whether ids that people type are known, so that a typing error does not pass for success.

use std::time::Duration;

use zhihui_pipeline::members::{self, Person};
use zhihui_pipeline::sql::{self, QueryLimits};

use crate::home::Home;
use crate::outcome::refuse;
use crate::output::{say, told};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(60), rows: 1 };

/// Refuses a member whom neither the snapshot nor the inbox nor any table knows.
pub(crate) async fn require_member(home: &Home, member: &str) -> anyhow::Result<()> {
    let refusal = format!(
        "no member {member} is known: neither the snapshot nor the event inbox nor a table names that id; nothing was changed; \
         check the id, or ingest the roster that names it"
    );
    require(is_member(home, member).await, refusal)
}

/// Refuses a union that neither the snapshot nor a roster knows.
pub(crate) async fn require_union(home: &Home, union: Option<&str>) -> anyhow::Result<()> {
    let Some(union) = union else { return Ok(()) };
    let refusal = format!(
        "no union {union} is known: neither the snapshot nor the rosters name that id; nothing was changed; check the id, or \
         ingest the unions first"
    );
    require(is_union(home, union).await, refusal)
}

/// Files that cannot be read must not keep a member from opting out: then the id counts as known.
fn require(known: anyhow::Result<bool>, refusal: String) -> anyhow::Result<()> {
    match known {
        Ok(true) => Ok(()),
        Ok(false) => Err(refuse(anyhow::anyhow!(refusal))),
        Err(error) => {
            say(&format!("whether the id is known cannot be checked: {}; see `zhihui doctor`", told(&error)));
            Ok(())
        }
    }
}

async fn is_member(home: &Home, member: &str) -> anyhow::Result<bool> {
    let in_snapshot = |(snapshot, _): (zhihui_data::snapshot::Snapshot, _)| {
        snapshot.members.id.binary_search_by(|id| id.as_str().cmp(member)).is_ok()
    };
    if home.published().load().is_ok_and(in_snapshot) {
        return Ok(true);
    }
    let inbox = home.events().await?;
    let in_inbox = !inbox.member_rows(member, &[]).await?.is_empty();
    inbox.close().await;
    if in_inbox {
        return Ok(true);
    }
    let person = Person { member_id: member.to_owned(), openids: Vec::new() };
    let held = members::rows_of_member(&home.lake().await?, &person).await?;
    Ok(held["rows"].as_u64().is_some_and(|rows| rows > 0))
}

async fn is_union(home: &Home, union: &str) -> anyhow::Result<bool> {
    let in_snapshot = |(snapshot, _): (zhihui_data::snapshot::Snapshot, _)| {
        snapshot.unions.id.binary_search_by(|id| id.as_str().cmp(union)).is_ok()
    };
    if home.published().load().is_ok_and(in_snapshot) {
        return Ok(true);
    }
    let session = sql::session(&home.lake().await?, &home.limits(), None).await?;
    let id = union.replace('\'', "''");
    let named = ["unions", "members", "memberships"];
    let named = named.map(|table| format!("select union_id from {table} where union_id = '{id}'")).join(" union all ");
    Ok(!sql::query(&session, &named, LIMITS).await?.rows.is_empty())
}
