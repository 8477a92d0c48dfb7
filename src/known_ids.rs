//! Checks whether typed ids are known, so that a typing error is not taken for success.

use std::time::Duration;

use zhihui_pipeline::members::{self, Person};
use zhihui_pipeline::sql::{self, QueryLimits};

use crate::home::Home;
use crate::outcome::refuse;
use crate::output::{format_error, print_message};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(60), rows: 1 };

/// Returns an error if neither the snapshot nor the inbox nor a table knows the member.
pub(crate) async fn require_member(home: &Home, member: &str) -> anyhow::Result<()> {
    let refusal = format!(
        "no member {member} is known to the snapshot, the event inbox or a table; nothing was changed; check the id, or ingest \
         the roster with this member"
    );
    require(is_member(home, member).await, refusal)
}

/// Returns an error if neither the snapshot nor a roster knows the union.
pub(crate) async fn require_union(home: &Home, union: Option<&str>) -> anyhow::Result<()> {
    let Some(union) = union else { return Ok(()) };
    let refusal = format!(
        "no union {union} is known to the snapshot or a roster; nothing was changed; check the id, or ingest the unions first"
    );
    require(is_union(home, union).await, refusal)
}

/// If files cannot be read, the id counts as known, so that members can always opt out.
fn require(known: anyhow::Result<bool>, refusal: String) -> anyhow::Result<()> {
    match known {
        Ok(true) => Ok(()),
        Ok(false) => Err(refuse(anyhow::anyhow!(refusal))),
        Err(error) => {
            print_message(&format!(
                "cannot check whether the id is known: {}; see `zhihui doctor`",
                format_error(&error)
            ));
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
    let inbox = home.event_inbox().await?;
    let in_inbox = !inbox.member_rows(member, &[]).await?.is_empty();
    inbox.close().await;
    if in_inbox {
        return Ok(true);
    }
    let person = Person { member_id: member.to_owned(), openids: Vec::new() };
    let records = members::rows_of_member(&home.lake().await?, &person).await?;
    Ok(records["rows"].as_u64().is_some_and(|rows| rows > 0))
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
