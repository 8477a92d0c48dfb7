//! The data export of a member: profile, consent, and all rows of the lake and the databases.

use serde::Serialize;
use serde_json::Value;
use zhihui_engine::MemberProfile;

use crate::clock::rfc3339;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::error::StoreError;
use crate::store::member_rows::MemberRows;

/// The export, as `GET /v1/members/{id}` returns it.
#[derive(Debug, Serialize)]
pub(crate) struct MemberExport {
    member_id: String,
    exported_at: String,
    profile: Option<MemberProfile>,
    personalised: Option<PersonalisedSwitch>,
    deleted_topics: Vec<DeletedTopic>,
    files: Value,
    database: MemberRows,
}

#[derive(Debug, Serialize)]
struct PersonalisedSwitch {
    allowed: bool,
    since: String,
}

#[derive(Debug, Serialize)]
struct DeletedTopic {
    topic: String,
    deleted_at: String,
}

impl Service {
    /// The data export of a member, as `GET /v1/members/{id}` returns it. Does not write to the audit log.
    ///
    /// # Errors
    /// A [`Problem`] if there is no data about this id, or if it cannot be read.
    pub async fn member_data(&self, member_id: &str) -> Result<Value, Problem> {
        let export = export(self, member_id.to_owned()).await?;
        serde_json::to_value(export).map_err(|error| Problem::new(Code::Internal, error.to_string()))
    }
}

/// Collects all data about a member.
pub(crate) async fn export(service: &Service, id: String) -> Result<MemberExport, Problem> {
    if service.live.erased().has_member(&id) {
        return Err(Problem::new(Code::UnknownMember, "this member was erased; there is no data any more"));
    }
    let _permit = service.computations.acquire().await?;
    let profile = service.live.get().and_then(|live| live.engine.member(&id));
    let mut openids = known_openids(service, &id).await?;
    let files = match &service.ports.member_records {
        Some(records) => records.records_of(&id).await.map_err(|error| {
            tracing::error!(%error, "the files could not be searched for a member");
            Problem::new(Code::Internal, "the files could not be read; see the log of the service")
        })?,
        None => Value::Null,
    };
    let in_files = files["openids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    openids.extend(in_files.map(str::to_owned));
    openids.sort();
    openids.dedup();
    let rows = service.store.erasures().member_rows(&id, &openids).await;
    let mut database = rows.map_err(StoreError::read_problem)?;
    if let Some(events) = service.events.get() {
        database.extend(events.inbox().member_rows(&id, &openids).await.map_err(StoreError::read_problem)?);
    }
    let is_in_files = files["rows"].as_u64().is_some_and(|rows| rows > 0);
    // The audit entry of this very request adds a pseudonym, which is no data about the member.
    let is_in_database = database.keys().any(|table| table != "member_pseudonyms");
    if profile.is_none() && !is_in_files && !is_in_database {
        let detail = "there is no data about a member with this id; check the id, or ingest the files that name it";
        return Err(Problem::new(Code::UnknownMember, detail));
    }
    let consent = service.live.consent();
    let deleted = consent.deleted_topics.iter().filter(|deleted| deleted.member_id == id);
    let switch = consent.personalised.get(&id);
    Ok(MemberExport {
        exported_at: rfc3339(service.now()),
        profile,
        personalised: switch.map(|set| PersonalisedSwitch { allowed: set.allowed, since: rfc3339(set.at) }),
        deleted_topics: deleted
            .map(|deleted| DeletedTopic { topic: deleted.topic.clone(), deleted_at: rfc3339(deleted.at) })
            .collect(),
        files,
        database,
        member_id: id,
    })
}

/// A member's openids in the snapshot and in the inbox, without those that belong to somebody else by now.
pub(crate) async fn known_openids(service: &Service, id: &str) -> Result<Vec<String>, Problem> {
    let live = service.live.get();
    let mut openids = live.as_ref().map(|live| live.engine.openids(id)).unwrap_or_default();
    if let Some(events) = service.events.get() {
        openids.extend(events.inbox().bound_openids(id).await.map_err(StoreError::read_problem)?);
    }
    let owner = |openid: &str| live.as_ref().and_then(|live| live.engine.owner(openid));
    openids.retain(|openid| owner(openid).is_none_or(|owner| owner == id));
    Ok(openids)
}
