//! The rights of members over HTTP: see what is held, refuse profiles, delete topics, be erased.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use zhihui_data::ids::{LONGEST_ID, is_id};
use zhihui_engine::MemberProfile;

use super::json::Answer;
use super::take::JsonBody;
use crate::access::{Asker, unwritten};
use crate::problem::{Code, Problem};
use crate::schema;
use crate::service::Service;
use crate::store::{Deed, Held, Note, StoreError};

/// Longest topic that is taken, in characters.
const LONGEST_TOPIC: usize = 256;

/// Whom.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "described to readers of the document")]
struct MemberPath {
    /// The member's id.
    #[param(value_type = schema::Id, inline)]
    id: String,
}

/// Whose topic.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "described to readers of the document")]
struct TopicPath {
    /// The member's id.
    #[param(value_type = schema::Id, inline)]
    id: String,
    /// The topic.
    #[param(max_length = 256, min_length = 1, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    topic: String,
}

/// Everything held of a member.
#[derive(Debug, Serialize)]
pub(super) struct MemberData {
    member_id: String,
    exported_at: String,
    profile: Option<MemberProfile>,
    personalised: Option<Wish>,
    deleted_topics: Vec<DeletedTopic>,
    files: Value,
    database: Held,
}

#[derive(Debug, Serialize)]
struct Wish {
    allowed: bool,
    since: String,
}

#[derive(Debug, Serialize)]
struct DeletedTopic {
    topic: String,
    deleted_at: String,
}

/// Whether a member allows personalised lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonalisedBody {
    /// `false`: from the next answer on the member gets the general list, and no profile is read.
    personalised: bool,
}

/// Everything held of a member: profile with preferences, rows of every table, rejects, and what the service keeps.
#[utoipa::path(get, path = "/v1/members/{id}", tag = "members",
    params(MemberPath),
    responses((status = 200, body = schema::MemberData)))]
pub(super) async fn member(
    State(service): State<Service>,
    asker: Asker,
    path: Result<Path<String>, PathRejection>,
) -> Result<Answer<MemberData>, Problem> {
    let id = member_id(path)?;
    asker.may_see(&service, &id).await?;
    asker.note(&service, Deed::MemberExported, Some(&id), json!({})).await?;
    held(&service, id).await.map(Answer)
}

/// Erases a member: gone from answers at once, from tables at the next run, from the disk after the next maintenance.
#[utoipa::path(delete, path = "/v1/members/{id}", tag = "members",
    params(MemberPath),
    responses((status = 200, body = schema::MemberErased)))]
pub(super) async fn forget(
    State(service): State<Service>,
    asker: Asker,
    path: Result<Path<String>, PathRejection>,
) -> Result<Answer<Value>, Problem> {
    let id = member_id(path)?;
    asker.may_see(&service, &id).await?;
    service.erasures().take(&asker.name, service.now()).map_err(|seconds| {
        tracing::warn!(caller = %asker.name, "a caller erases more members than it may");
        let detail = "this caller has erased as many members as it may within an hour; check that it should erase them";
        Problem::new(Code::RateLimited, detail).retry_after(seconds)
    })?;
    let known = service.knows(&id).await?;
    let openids = known_openids(&service, &id).await?;
    let note = asker.about(service.now(), Deed::MemberErased, Some(&id), json!({}));
    service.store().rights().forget(&id, &openids, &note).await.map_err(unwritten)?;
    if let Some(intake) = service.intake() {
        intake.inbox().forget(&id, &openids).await.map_err(unwritten)?;
    }
    service.reload_wishes().await.map_err(unwritten)?;
    let left = "the tables of the lake lose the member at the next run, the disk after the next `zhihui maintain`";
    Ok(Answer(json!({ "member_id": id, "erased_from_answers": true, "left": left, "known": known })))
}

/// Allows or refuses personalised lists; the very next answer obeys.
#[utoipa::path(put, path = "/v1/members/{id}/personalised", tag = "members", request_body = PersonalisedBody,
    params(MemberPath),
    responses((status = 200, body = schema::MemberSwitched)))]
pub(super) async fn set_personalised(
    State(service): State<Service>,
    asker: Asker,
    path: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<PersonalisedBody>,
) -> Result<Answer<Value>, Problem> {
    let id = member_id(path)?;
    asker.may_see(&service, &id).await?;
    let deed = if body.personalised { Deed::OptIn } else { Deed::OptOut };
    let known = service.knows(&id).await?;
    let note = asker.about(service.now(), deed, Some(&id), json!({}));
    service.switch_personalised(&id, body.personalised, &note).await.map_err(unwritten)?;
    Ok(Answer(json!({ "member_id": id, "personalised": body.personalised, "known": known })))
}

/// Deletes one topic from what is held of a member; what was read of it until now never counts again.
#[utoipa::path(delete, path = "/v1/members/{id}/topics/{topic}", tag = "members",
    params(TopicPath),
    responses((status = 200, body = schema::TopicDeleted)))]
pub(super) async fn delete_topic(
    State(service): State<Service>,
    asker: Asker,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Answer<Value>, Problem> {
    let Path((id, topic)) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    let id = checked("id", id)?;
    check_topic(&topic)?;
    asker.may_see(&service, &id).await?;
    let known = service.knows(&id).await?;
    let note = asker.about(service.now(), Deed::TopicDeleted, Some(&id), json!({}));
    let rights = service.store().rights();
    match service.intake() {
        Some(intake) => {
            let openids = known_openids(&service, &id).await?;
            rights.delete_topic_beside(intake.inbox(), (&id, &openids), &topic, &note).await.map_err(unwritten)?;
        }
        None => rights.delete_topic(&id, &topic, &note).await.map_err(unwritten)?,
    }
    service.reload_wishes().await.map_err(unwritten)?;
    Ok(Answer(json!({ "member_id": id, "topic": topic, "deleted": true, "known": known })))
}

impl Service {
    /// Allows or refuses personalised lists for a member; the next answer obeys.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written down; nothing changed then.
    pub(crate) async fn switch_personalised(&self, id: &str, allowed: bool, note: &Note<'_>) -> Result<(), StoreError> {
        let rights = self.store().rights();
        match self.intake() {
            Some(intake) => rights.set_personalised_after(intake.inbox(), id, allowed, note).await?,
            None => rights.set_personalised(id, allowed, note).await?,
        }
        self.reload_wishes().await
    }

    /// Whether the published snapshot or a waiting event names a member; `None` before the first publish, where no event does.
    /// A right is granted in any case: a member may opt out before a roster names them.
    async fn knows(&self, id: &str) -> Result<Option<bool>, Problem> {
        let live = self.live().ok();
        if live.as_ref().is_some_and(|live| live.answers.member(id).is_some()) {
            return Ok(Some(true));
        }
        let in_inbox = match self.intake() {
            Some(intake) => intake.inbox().latest_of(id, &[]).await.map_err(unread)?.is_some(),
            None => false,
        };
        Ok(if in_inbox { Some(true) } else { live.map(|_| false) })
    }

    /// Everything held of a member, as `GET /v1/members/{id}` answers it. Nothing is written to the audit log.
    ///
    /// # Errors
    /// A [`Problem`] where nothing is held of this id, or where it cannot be read.
    pub async fn member_data(&self, member_id: &str) -> Result<Value, Problem> {
        let data = held(self, member_id.to_owned()).await?;
        serde_json::to_value(data).map_err(|error| Problem::new(Code::Internal, error.to_string()))
    }
}

async fn held(service: &Service, id: String) -> Result<MemberData, Problem> {
    if service.forgotten().has_member(&id) {
        return Err(Problem::new(Code::UnknownMember, "this member was erased; nothing is told of them any more"));
    }
    let _place = service.heavy().await?;
    let profile = service.live().ok().and_then(|live| live.answers.member(&id));
    let mut openids = known_openids(service, &id).await?;
    let files = match service.member_files() {
        Some(files) => files.held(&id).await.map_err(|error| {
            tracing::error!(%error, "what files hold of a member could not be read");
            Problem::new(Code::Internal, "the files could not be read; the log of the service says why")
        })?,
        None => Value::Null,
    };
    let in_files = files["openids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    openids.extend(in_files.map(str::to_owned));
    openids.sort();
    openids.dedup();
    let mut database = service.store().rights().held(&id, &openids).await.map_err(unread)?;
    if let Some(intake) = service.intake() {
        database.extend(intake.inbox().held(&id, &openids).await.map_err(unread)?);
    }
    let wishes = service.wishes();
    let known_in_files = files["rows"].as_u64().is_some_and(|rows| rows > 0);
    // The pseudonym that this very look was written down under tells nothing of the member.
    let in_database = database.keys().any(|table| table != "member_pseudonyms");
    if profile.is_none() && !known_in_files && !in_database {
        let detail = "nothing is held of a member of this id; check the id, or ingest the files that name it";
        return Err(Problem::new(Code::UnknownMember, detail));
    }
    let deleted = wishes.deleted_topics.iter().filter(|deleted| deleted.member_id == id);
    Ok(MemberData {
        exported_at: rfc3339(service.now()),
        profile,
        personalised: wishes.personalised.get(&id).map(|wish| Wish { allowed: wish.allowed, since: rfc3339(wish.at) }),
        deleted_topics: deleted
            .map(|deleted| DeletedTopic { topic: deleted.topic.clone(), deleted_at: rfc3339(deleted.at) })
            .collect(),
        files,
        database,
        member_id: id,
    })
}

/// A member's `WeChat` ids in the snapshot and in what happened since, without those that are somebody else's by now.
async fn known_openids(service: &Service, id: &str) -> Result<Vec<String>, Problem> {
    let live = service.live().ok();
    let mut openids = live.as_ref().map(|live| live.answers.openids(id)).unwrap_or_default();
    if let Some(intake) = service.intake() {
        openids.extend(intake.inbox().bound_openids(id).await.map_err(unread)?);
    }
    let owner = |openid: &str| live.as_ref().and_then(|live| live.answers.owner(openid));
    openids.retain(|openid| owner(openid).is_none_or(|owner| owner == id));
    Ok(openids)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn unread(error: StoreError) -> Problem {
    tracing::error!(%error, "what the database holds of a member could not be read");
    Problem::new(Code::Internal, "the database could not be read; the log of the service says why")
}

fn member_id(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Path(id) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    checked("id", id)
}

fn checked(name: &str, text: String) -> Result<String, Problem> {
    check_id(name, &text).map(|()| text)
}

/// Whether a text can be an id at all.
pub(crate) fn check_id(name: &str, text: &str) -> Result<(), Problem> {
    if is_id(text) {
        return Ok(());
    }
    let what = format!("must be 1 to {LONGEST_ID} characters, none of them a control character");
    Err(Problem::invalid(name, what))
}

/// Whether a text can be a topic at all.
fn check_topic(text: &str) -> Result<(), Problem> {
    let fits = !text.is_empty() && text.chars().count() <= LONGEST_TOPIC && !text.chars().any(char::is_control);
    let what = || format!("must be 1 to {LONGEST_TOPIC} characters, none of them a control character");
    if fits { Ok(()) } else { Err(Problem::invalid("topic", what())) }
}

fn rfc3339(instant: i64) -> String {
    let at = chrono::DateTime::from_timestamp(instant, 0).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
