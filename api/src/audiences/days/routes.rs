//! The days of saved audiences over HTTP: `/v1/audiences/{id}/days`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::database::AudienceDays;
use super::list::{ChangedMembers, ListPage, changed_members};
use super::record::{AudienceDay, Change, KEPT_DAYS};
use super::schema;
use crate::audiences::saved::SavedAudiences;
use crate::auth::caller::Caller;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::extract::{QueryParams, path_param, whole_number};
use crate::web::ids::{Id, PathId, check_id};
use crate::web::json::JsonResponse;

/// Members in one page: by default, and at most.
const DEFAULT_PAGE: u32 = 1_000;
const MAX_PAGE: u32 = 10_000;

/// The days of an audience.
#[derive(Debug, Serialize)]
pub(crate) struct AudienceDayList {
    audience_id: String,
    /// The union subtree of the owner, to which all figures are limited; null for all members.
    union_id: Option<String>,
    /// The instant of the last day; null without days.
    as_of: Option<String>,
    days: Vec<AudienceDay>,
}

/// Which days to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysQuery {
    /// First day; without it, the first that is kept.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-01")]
    from: Option<String>,
    /// Last day; without it, the last one with figures.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-30")]
    to: Option<String>,
}

/// Which members to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangedQuery {
    /// `entered`, `left`, or `entered_by_rule` and `left_by_rule` for those who only the change of the rule brought in or
    /// out.
    #[param(value_type = String, required = true, pattern = "^(entered|left|entered_by_rule|left_by_rule)$")]
    change: Option<String>,
    /// Returns members after this place: `next` of the page before.
    #[param(value_type = Option<u32>, minimum = 0)]
    after: Option<String>,
    /// Members in the page, 1 to 10,000.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    n: Option<String>,
}

/// Path parameters with a saved audience.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct DaysPath {
    /// Id of the audience.
    #[param(value_type = Id, inline)]
    id: String,
}

/// Path parameters with a saved audience and a day.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct DayPath {
    /// Id of the audience.
    #[param(value_type = Id, inline)]
    id: String,
    /// The day, such as 2026-11-22.
    #[param(value_type = String, format = Date)]
    day: String,
}

/// The size of a saved audience by day, and how many members entered and left. Every publish gives the figures of its day.
#[utoipa::path(get, path = "/v1/audiences/{id}/days", tag = "staff", operation_id = "audience_days",
    params(DaysPath, DaysQuery), responses((status = 200, body = schema::AudienceDays)))]
pub(crate) async fn days(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
    QueryParams(query): QueryParams<DaysQuery>,
) -> Result<JsonResponse<AudienceDayList>, Problem> {
    let (from, to) = (optional_day("from", query.from.as_deref())?, optional_day("to", query.to.as_deref())?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Problem::invalid("from", "must not be after `to`"));
    }
    SavedAudiences::new(&service.store).get(&id, caller.union_id.as_deref()).await?;
    let stored = AudienceDays::new(&service.store);
    let days = stored.days(&id, (from, to), KEPT_DAYS as u32).await.map_err(StoreError::read_problem)?;
    let union_id = stored.union_of(&id).await.map_err(StoreError::read_problem)?;
    let as_of = days.last().map(|day| day.as_of.clone());
    Ok(JsonResponse(AudienceDayList { audience_id: id, union_id, as_of, days }))
}

/// Who entered a saved audience on a day, or left it. Members who were erased or refuse personalised lists since are not
/// shown.
#[utoipa::path(get, path = "/v1/audiences/{id}/days/{day}/members", tag = "staff", operation_id = "audience_day_members",
    params(DayPath, ChangedQuery), responses((status = 200, body = schema::ChangedMembers)))]
pub(crate) async fn members(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    QueryParams(query): QueryParams<ChangedQuery>,
) -> Result<JsonResponse<ChangedMembers>, Problem> {
    let (id, day) = path_param("id", path)?;
    check_id("id", &id)?;
    let day = parse_day("day", &day)?;
    let change = Change::required(query.change.as_deref())?;
    let after = whole_number("after", query.after.as_deref(), 0, 0..=u32::MAX)? as usize;
    let n = whole_number("n", query.n.as_deref(), DEFAULT_PAGE, 1..=MAX_PAGE)? as usize;
    SavedAudiences::new(&service.store).get(&id, caller.union_id.as_deref()).await?;
    changed_members(&service, &caller, &id, (day, change), ListPage { after, n }).await.map(JsonResponse)
}

/// A day in a query. An empty parameter counts as missing.
fn optional_day(name: &str, text: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    text.map(|text| parse_day(name, text)).transpose()
}

/// A day in a request.
pub(crate) fn parse_day(name: &str, text: &str) -> Result<NaiveDate, Problem> {
    // Without the length, days such as 2026-1-2 and +12026-01-02 would pass.
    let day = (text.len() == "2026-11-22".len()).then(|| text.parse().ok()).flatten();
    day.ok_or_else(|| Problem::invalid(name, "must be a day such as 2026-11-22"))
}
