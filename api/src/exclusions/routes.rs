//! Exclusion lists over HTTP: `/v1/exclusion-lists`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::applied::today;
use super::database::ExclusionLists;
use super::error::ExclusionError;
use super::ids::MAX_IDS;
use super::record::{ExclusionList, ExclusionListInfo};
use super::schema;
use crate::auth::caller::Caller;
use crate::middleware::problem::Problem;
use crate::push_lists::actor::Actor;
use crate::service::Service;
use crate::web::extract::JsonBody;
use crate::web::ids::{Id, PathId};
use crate::web::json::JsonResponse;

/// Unknown ids in a response.
const MAX_UNKNOWN: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewListBody {
    name: String,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    always: bool,
    #[serde(default)]
    until: Option<String>,
    ids: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AddedList {
    #[serde(flatten)]
    list: ExclusionList,
    unknown_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ListsAnswer {
    exclusion_lists: Vec<ExclusionList>,
}

/// Path parameters with an exclusion list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct ExclusionListPath {
    /// Id of the exclusion list.
    #[param(value_type = Id, inline)]
    id: String,
}

/// Uploads an exclusion list. Ids that belong to no member are counted and returned, and not stored.
#[utoipa::path(post, path = "/v1/exclusion-lists", tag = "staff", operation_id = "add_exclusion_list",
    request_body = schema::NewExclusionList, responses((status = 201, body = schema::ExclusionList)))]
pub(crate) async fn create(
    State(service): State<Service>,
    caller: Caller,
    JsonBody(body): JsonBody<NewListBody>,
) -> Result<Response, Problem> {
    let NewListBody { name, purpose, always, until, ids } = body;
    if ids.len() > MAX_IDS {
        return Err(ExclusionError::TooMany.into());
    }
    if ids.is_empty() {
        return Err(ExclusionError::Empty.into());
    }
    let until = until.as_deref().map(read_day).transpose()?;
    let info = ExclusionListInfo { name, purpose, always, until };
    let (list, mut unknown_ids) = service.add_exclusion_list(&Actor::from(&caller), &info, ids).await?;
    unknown_ids.truncate(MAX_UNKNOWN);
    Ok((StatusCode::CREATED, JsonResponse(AddedList { list, unknown_ids })).into_response())
}

/// The exclusion lists, by name.
#[utoipa::path(get, path = "/v1/exclusion-lists", tag = "staff", operation_id = "exclusion_lists",
    responses((status = 200, body = schema::ExclusionLists)))]
pub(crate) async fn list(State(service): State<Service>, caller: Caller) -> Result<JsonResponse<ListsAnswer>, Problem> {
    let lists = ExclusionLists::new(&service.store);
    let exclusion_lists = lists.list(caller.union_id.as_deref(), today(&service)).await?;
    Ok(JsonResponse(ListsAnswer { exclusion_lists }))
}

/// Deletes an exclusion list. Staff may delete what they uploaded, admins every list. Push lists that are frozen already stay as
/// they are.
#[utoipa::path(delete, path = "/v1/exclusion-lists/{id}", tag = "staff", operation_id = "delete_exclusion_list",
    params(ExclusionListPath), responses((status = 200, body = schema::ExclusionListDeleted)))]
pub(crate) async fn delete(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<Value>, Problem> {
    service.delete_exclusion_list(&Actor::from(&caller), &id).await?;
    Ok(JsonResponse(json!({ "id": id, "deleted": true })))
}

/// Reads a day such as `2027-03-31`.
pub(crate) fn read_day(text: &str) -> Result<NaiveDate, ExclusionError> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| ExclusionError::BadDay)
}
