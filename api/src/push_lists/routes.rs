//! Push lists over HTTP: `/v1/push-lists`.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::actions::{create_list, send_file, take_step, with_outcome};
use super::actor::Actor;
use super::database::PushLists;
use super::export::FileFormat;
use super::members::MemberPage;
use super::record::PushList;
use super::schema;
use super::state::ListStep;
use crate::auth::caller::Caller;
use crate::live::audience_query::AudienceQuery;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::{JsonBody, QueryParams, whole_number};
use crate::web::ids::{Id, PathId, check_id};
use crate::web::json::JsonResponse;

/// Lists in one response.
const MAX_LISTS: u32 = 200;
/// Members in one page: by default, and at most.
const DEFAULT_PAGE: u32 = 1_000;
const MAX_PAGE: u32 = 10_000;

#[derive(Debug, Serialize)]
pub(crate) struct PushListSummaries {
    push_lists: Vec<PushList>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectBody {
    reason: String,
}

/// Path parameters with a push list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct PushListPath {
    /// Id of the push list.
    #[param(value_type = Id, inline)]
    id: String,
}

/// Which members to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Returns members after this rank: `next` of the page before.
    #[param(value_type = Option<u32>, minimum = 0)]
    after: Option<String>,
    /// Members in the page, 1 to 10,000.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    n: Option<String>,
}

/// Which file to write.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `csv`, `xlsx`, or `wechat` for the bodies of WeChat's mass message to openids.
    #[param(value_type = Option<String>, pattern = "^(csv|xlsx|wechat)$")]
    format: Option<String>,
    /// The article or activity that is sent, for a list of a topic. It is fixed by the first export.
    #[param(value_type = Option<Id>, inline)]
    item_id: Option<String>,
}

/// Freezes an audience of an item or a topic as a push list. The members, their arms and the rule never change afterwards.
#[utoipa::path(post, path = "/v1/push-lists", tag = "staff", operation_id = "create_push_list",
    request_body = schema::NewPushList, responses((status = 201, body = schema::PushList)))]
pub(crate) async fn create(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(query): JsonBody<AudienceQuery>,
) -> Result<Response, Problem> {
    let list = create_list(&service, &Actor::from(&caller), query, language).await?;
    Ok((StatusCode::CREATED, JsonResponse(list)).into_response())
}

/// The latest push lists, newest first.
#[utoipa::path(get, path = "/v1/push-lists", tag = "staff", operation_id = "push_lists",
    responses((status = 200, body = schema::PushLists)))]
pub(crate) async fn list(
    State(service): State<Service>,
    caller: Caller,
) -> Result<JsonResponse<PushListSummaries>, Problem> {
    let push_lists = PushLists::new(&service.store).latest(MAX_LISTS, caller.union_id.as_deref()).await?;
    Ok(JsonResponse(PushListSummaries { push_lists }))
}

/// A push list with its funnel, its expected responses and, once it was sent, its actual ones.
#[utoipa::path(get, path = "/v1/push-lists/{id}", tag = "staff", operation_id = "push_list",
    params(PushListPath), responses((status = 200, body = schema::PushList)))]
pub(crate) async fn get(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<PushList>, Problem> {
    let list = PushLists::new(&service.store).get(&id, caller.union_id.as_deref()).await?;
    with_outcome(&service, list, caller.union_id.as_deref()).await.map(JsonResponse)
}

/// Asks for the approval of a draft.
#[utoipa::path(post, path = "/v1/push-lists/{id}/submit", tag = "staff", operation_id = "submit_push_list",
    params(PushListPath), responses((status = 200, body = schema::PushList)))]
pub(crate) async fn submit(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<PushList>, Problem> {
    take_step(&service, &Actor::from(&caller), &id, ListStep::Submit, None).await.map(JsonResponse)
}

/// Approves a submitted list. Refused for its author.
#[utoipa::path(post, path = "/v1/push-lists/{id}/approve", tag = "staff", operation_id = "approve_push_list",
    params(PushListPath), responses((status = 200, body = schema::PushList)))]
pub(crate) async fn approve(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<PushList>, Problem> {
    take_step(&service, &Actor::from(&caller), &id, ListStep::Approve, None).await.map(JsonResponse)
}

/// Returns a submitted list to its author, with a reason.
#[utoipa::path(post, path = "/v1/push-lists/{id}/reject", tag = "staff", operation_id = "reject_push_list",
    params(PushListPath), request_body = schema::RejectPushList, responses((status = 200, body = schema::PushList)))]
pub(crate) async fn reject(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody(body): JsonBody<RejectBody>,
) -> Result<JsonResponse<PushList>, Problem> {
    take_step(&service, &Actor::from(&caller), &id, ListStep::Reject, Some(&body.reason)).await.map(JsonResponse)
}

/// Ends a list. It cannot be sent any more; its figures stay.
#[utoipa::path(post, path = "/v1/push-lists/{id}/close", tag = "staff", operation_id = "close_push_list",
    params(PushListPath), responses((status = 200, body = schema::PushList)))]
pub(crate) async fn close(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<PushList>, Problem> {
    take_step(&service, &Actor::from(&caller), &id, ListStep::Close, None).await.map(JsonResponse)
}

/// The members of both arms, by rank.
#[utoipa::path(get, path = "/v1/push-lists/{id}/members", tag = "staff", operation_id = "push_list_members",
    params(PushListPath, PageQuery), responses((status = 200, body = schema::PushListMembers)))]
pub(crate) async fn members(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<JsonResponse<MemberPage>, Problem> {
    let after = whole_number("after", query.after.as_deref(), 0, 0..=u32::MAX)?;
    let n = whole_number("n", query.n.as_deref(), DEFAULT_PAGE, 1..=MAX_PAGE)?;
    let lists = PushLists::new(&service.store);
    lists.get(&id, caller.union_id.as_deref()).await?;
    let page = lists.members(&id, after as usize, n).await?;
    caller.record(&service, AuditAction::Preview, None, json!({ "push_list": id, "after": after })).await?;
    Ok(JsonResponse(page))
}

/// The arm `push` as a file. The first export of an approved list records the pushes of both arms, without members who may not
/// be pushed to any more (`left_out`). Later ones only write the file again, without members who opted out, unfollowed, were
/// erased or were excluded (by an exclusion list, another push list or a standing hold-out) in the meantime.
#[utoipa::path(get, path = "/v1/push-lists/{id}/export", tag = "staff", operation_id = "export_push_list",
    params(PushListPath, ExportQuery), responses((status = 200, description = "A file")))]
pub(crate) async fn export(
    State(service): State<Service>,
    caller: Caller,
    method: Method,
    PathId(id): PathId,
    QueryParams(query): QueryParams<ExportQuery>,
) -> Result<Response, Problem> {
    // axum answers HEAD with the handler of GET, and an export records pushes.
    if method == Method::HEAD {
        return Err(Problem::new(Code::MethodNotAllowed, "an export records pushes; send GET"));
    }
    let format = query.format.as_deref().filter(|format| !format.is_empty()).unwrap_or("csv");
    let format = FileFormat::parse(format).ok_or_else(|| Problem::invalid("format", "must be csv, xlsx or wechat"))?;
    let item_id = query.item_id.filter(|id| !id.is_empty());
    item_id.as_deref().map_or(Ok(()), |item_id| check_id("item_id", item_id))?;
    send_file(&service, &Actor::from(&caller), &id, (format, item_id.as_deref())).await
}
