//! The rights of members over HTTP: export of their data, consent, deletion of topics, erasure.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::erasure::erase_member;
use super::export::{MemberExport, known_openids};
use super::{consent, schema};
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::web::extract::{JsonBody, path_param};
use crate::web::ids::{Id, check_id};
use crate::web::json::JsonResponse;

/// Maximum length of a topic in characters.
const MAX_TOPIC: usize = 256;

/// Path parameters with a member.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct MemberPath {
    /// Id of the member.
    #[param(value_type = Id, inline)]
    id: String,
}

/// Path parameters with a member and a topic.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct TopicPath {
    /// Id of the member.
    #[param(value_type = Id, inline)]
    id: String,
    /// The topic.
    #[param(max_length = 256, min_length = 1, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    topic: String,
}

/// Whether a member allows personalised lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonalisedBody {
    /// `false`: from the next response on, the member receives the general list and no profile is read.
    personalised: bool,
}

/// Whether a member wants to be matched with teams.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamMatchBody {
    /// `true`: the member may be suggested to others, without a name, and sees suggestions.
    team_match: bool,
}

/// Exports all data about a member: profile with preferences, rows of all tables, rejected rows, and rows of the databases.
#[utoipa::path(get, path = "/v1/members/{id}", tag = "members", operation_id = "member",
    params(MemberPath),
    responses((status = 200, body = schema::MemberData)))]
pub(crate) async fn export(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<JsonResponse<MemberExport>, Problem> {
    let id = member_id(path)?;
    caller.require_visible(&service, &id).await?;
    caller.record(&service, AuditAction::MemberExported, Some(&id), json!({})).await?;
    super::export::export(&service, id).await.map(JsonResponse)
}

/// Erases a member: from responses at once, from the tables with the next run, and from the disk with the next maintenance.
#[utoipa::path(delete, path = "/v1/members/{id}", tag = "members", operation_id = "forget",
    params(MemberPath),
    responses((status = 200, body = schema::MemberErased)))]
pub(crate) async fn erase(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<JsonResponse<Value>, Problem> {
    let id = member_id(path)?;
    caller.require_visible(&service, &id).await?;
    service.members.erasures.take(&caller.name, service.now()).map_err(|seconds| {
        tracing::warn!(caller = %caller.name, "a caller exceeds its hourly number of erasures");
        let detail = "this caller exceeds its number of erasures per hour; check that these members should be erased";
        Problem::new(Code::RateLimited, detail).retry_after(seconds)
    })?;
    let known = is_known(&service, &id).await?;
    let entry = caller.audit_entry(service.now(), AuditAction::MemberErased, Some(&id), json!({}));
    erase_member(&service, &id, &entry).await?;
    let left = "the next run removes the member from the tables of the lake, the next `zhihui maintain` from the disk";
    Ok(JsonResponse(json!({ "member_id": id, "erased_from_answers": true, "left": left, "known": known })))
}

/// Allows or refuses personalised lists. The next response applies it.
#[utoipa::path(put, path = "/v1/members/{id}/personalised", tag = "members", request_body = PersonalisedBody,
    params(MemberPath),
    responses((status = 200, body = schema::MemberSwitched)))]
pub(crate) async fn set_personalised(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<PersonalisedBody>,
) -> Result<JsonResponse<Value>, Problem> {
    let id = member_id(path)?;
    caller.require_visible(&service, &id).await?;
    let action = if body.personalised { AuditAction::OptIn } else { AuditAction::OptOut };
    let known = is_known(&service, &id).await?;
    let entry = caller.audit_entry(service.now(), action, Some(&id), json!({}));
    consent::set_personalised(&service, &id, body.personalised, &entry).await?;
    Ok(JsonResponse(json!({ "member_id": id, "personalised": body.personalised, "known": known })))
}

/// Sets whether a member wants to be matched with teams. The next response applies it; a refusal ends open invitations.
#[utoipa::path(put, path = "/v1/members/{id}/team_match", tag = "members", request_body = TeamMatchBody,
    params(MemberPath),
    responses((status = 200, body = schema::TeamMatchSwitched)))]
pub(crate) async fn set_team_match(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<TeamMatchBody>,
) -> Result<JsonResponse<Value>, Problem> {
    let id = member_id(path)?;
    caller.require_visible(&service, &id).await?;
    let action = if body.team_match { AuditAction::TeamMatchOn } else { AuditAction::TeamMatchOff };
    let known = is_known(&service, &id).await?;
    let entry = caller.audit_entry(service.now(), action, Some(&id), json!({}));
    consent::set_team_match(&service, &id, body.team_match, &entry).await?;
    Ok(JsonResponse(json!({ "member_id": id, "team_match": body.team_match, "known": known })))
}

/// Deletes a topic of a member. Events on it up to now never count again.
#[utoipa::path(delete, path = "/v1/members/{id}/topics/{topic}", tag = "members",
    params(TopicPath),
    responses((status = 200, body = schema::TopicDeleted)))]
pub(crate) async fn delete_topic(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<JsonResponse<Value>, Problem> {
    let (id, topic) = path_param("id", path)?;
    check_id("id", &id)?;
    check_topic(&topic)?;
    caller.require_visible(&service, &id).await?;
    let known = is_known(&service, &id).await?;
    let openids = known_openids(&service, &id).await?;
    let entry = caller.audit_entry(service.now(), AuditAction::TopicDeleted, Some(&id), json!({}));
    consent::delete_topic(&service, (&id, &openids), &topic, &entry).await?;
    Ok(JsonResponse(json!({ "member_id": id, "topic": topic, "deleted": true, "known": known })))
}

/// Whether the published snapshot or a waiting event names the member; `None` before the first publish if no event does.
/// A right is granted in any case, because a member may opt out before a roster names them.
async fn is_known(service: &Service, id: &str) -> Result<Option<bool>, Problem> {
    let live = service.live.get();
    if live.as_ref().is_some_and(|live| live.engine.member(id).is_some()) {
        return Ok(Some(true));
    }
    let is_in_inbox = match service.events.get() {
        Some(events) => events.inbox().latest_event_of(id, &[]).await.map_err(StoreError::read_problem)?.is_some(),
        None => false,
    };
    Ok(if is_in_inbox { Some(true) } else { live.map(|_| false) })
}

fn member_id(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let id: String = path_param("id", path)?;
    check_id("id", &id).map(|()| id)
}

fn check_topic(text: &str) -> Result<(), Problem> {
    let is_valid = !text.is_empty() && text.chars().count() <= MAX_TOPIC && !text.chars().any(char::is_control);
    let what = || format!("must be 1 to {MAX_TOPIC} characters without control characters");
    if is_valid { Ok(()) } else { Err(Problem::invalid("topic", what())) }
}
