//! Saved audiences over HTTP: `/v1/audiences`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zhihui_engine::audience::Rule;

use super::saved::{AudienceChanges, SavedAudience, SavedAudiences};
use super::saved_rules::SavedRules;
use super::saved_schema as schema;
use crate::auth::caller::Caller;
use crate::live::audience_query::AudienceQuery;
use crate::live::push_queries::ConditionResult;
use crate::live::query_error::QueryError;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::web::extract::{JsonBody, path_param};
use crate::web::ids::{Id, PathId, check_id};
use crate::web::json::JsonResponse;
use crate::web::serde_integer;

/// A saved audience with its current size.
#[derive(Debug, Serialize)]
pub(crate) struct AudienceAnswer {
    #[serde(flatten)]
    audience: SavedAudience,
    /// Members who meet the rule now; null before the first publish, and if the rule asks for the look-alikes of an
    /// audience that has become too small.
    members: Option<usize>,
    /// The instant whose state was counted.
    as_of: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct AudienceList {
    audiences: Vec<SavedAudience>,
}

/// Whether a member is in an audience, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Membership {
    member_id: String,
    /// Whether the member meets the whole rule.
    selected: bool,
    as_of: String,
    /// The whole rule, its groups and its conditions.
    conditions: Vec<ConditionResult>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAudienceBody {
    name: String,
    rule: Value,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AudienceChangeBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    rule: Option<Value>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, deserialize_with = "serde_integer::deserialize")]
    version: Option<i64>,
}

/// Path parameters with a saved audience.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct AudiencePath {
    /// Id of the audience.
    #[param(value_type = Id, inline)]
    id: String,
}

/// Path parameters with a saved audience and a member.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct MembershipPath {
    /// Id of the audience.
    #[param(value_type = Id, inline)]
    id: String,
    /// Id of the member.
    #[param(value_type = Id, inline)]
    member_id: String,
}

/// Saves an audience under a name. Rules refer to it by its id.
#[utoipa::path(post, path = "/v1/audiences", tag = "staff", operation_id = "save_audience",
    request_body = schema::NewAudience, responses((status = 201, body = schema::SavedAudience)))]
pub(crate) async fn create(
    State(service): State<Service>,
    caller: Caller,
    JsonBody(body): JsonBody<NewAudienceBody>,
) -> Result<Response, Problem> {
    check_rule(&service, &body.rule, None).await?;
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceSaved, None, json!({}));
    let saved = SavedAudiences::new(&service.store);
    let content = (body.name.as_str(), &body.rule, body.note.as_deref());
    let audience = saved.create(content, caller.union_id.as_deref(), &entry).await?;
    Ok((StatusCode::CREATED, answer(&service, &caller, audience).await?).into_response())
}

/// The saved audiences, by name.
#[utoipa::path(get, path = "/v1/audiences", tag = "staff", operation_id = "saved_audiences",
    responses((status = 200, body = schema::SavedAudienceList)))]
pub(crate) async fn list(
    State(service): State<Service>,
    caller: Caller,
) -> Result<JsonResponse<AudienceList>, Problem> {
    let audiences = SavedAudiences::new(&service.store).list(caller.union_id.as_deref()).await?;
    Ok(JsonResponse(AudienceList { audiences }))
}

/// A saved audience with its versions, its current size, and where it is used.
#[utoipa::path(get, path = "/v1/audiences/{id}", tag = "staff", operation_id = "saved_audience",
    params(AudiencePath), responses((status = 200, body = schema::SavedAudience)))]
pub(crate) async fn get(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<AudienceAnswer>, Problem> {
    let audience = SavedAudiences::new(&service.store).get(&id, caller.union_id.as_deref()).await?;
    answer(&service, &caller, audience).await
}

/// Renames a saved audience, or saves the next version of its rule.
#[utoipa::path(put, path = "/v1/audiences/{id}", tag = "staff", operation_id = "change_audience",
    params(AudiencePath), request_body = schema::AudienceChange,
    responses((status = 200, body = schema::SavedAudience)))]
pub(crate) async fn update(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
    JsonBody(body): JsonBody<AudienceChangeBody>,
) -> Result<JsonResponse<AudienceAnswer>, Problem> {
    if let Some(rule) = &body.rule {
        check_rule(&service, rule, Some(&id)).await?;
    }
    let AudienceChangeBody { name, rule, note, version } = body;
    let changes = AudienceChanges { name, rule, note, version };
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceSaved, None, json!({}));
    let saved = SavedAudiences::new(&service.store);
    let audience = saved.update(&id, &changes, caller.union_id.as_deref(), &entry).await?;
    answer(&service, &caller, audience).await
}

/// Deletes a saved audience. Refused while other audiences or open push lists use it.
#[utoipa::path(delete, path = "/v1/audiences/{id}", tag = "staff", operation_id = "delete_audience",
    params(AudiencePath), responses((status = 200, body = schema::AudienceDeleted)))]
pub(crate) async fn delete(
    State(service): State<Service>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<JsonResponse<Value>, Problem> {
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceDeleted, None, json!({}));
    SavedAudiences::new(&service.store).delete(&id, caller.union_id.as_deref(), &entry).await?;
    Ok(JsonResponse(json!({ "id": id, "deleted": true })))
}

/// Why a member is in a saved audience, or why not: every condition and group with its result.
#[utoipa::path(get, path = "/v1/audiences/{id}/members/{member_id}", tag = "staff", operation_id = "audience_membership",
    params(MembershipPath), responses((status = 200, body = schema::Membership)))]
pub(crate) async fn membership(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<JsonResponse<Membership>, Problem> {
    let (id, member_id) = path_param("id", path)?;
    check_id("id", &id)?;
    check_id("member_id", &member_id)?;
    let audience = SavedAudiences::new(&service.store).get(&id, caller.union_id.as_deref()).await?;
    caller.require_visible(&service, &member_id).await?;
    let query = AudienceQuery {
        rule: Some(audience.rule),
        within: caller.union_id.clone(),
        saved: saved_rules(&service).await?,
        ..AudienceQuery::default()
    };
    let (now, asked) = (service.now(), member_id.clone());
    let found = service.compute(move |live| {
        let conditions = live.engine.explain_rule(&query, &asked, now)?;
        Ok::<_, QueryError>(conditions.map(|conditions| (conditions, live.info.as_of_text())))
    });
    let unknown = || Problem::new(Code::UnknownMember, "no member with this id is published; check the id");
    let (conditions, as_of) = found.await??.ok_or_else(unknown)?;
    caller.record(&service, AuditAction::MemberSeen, Some(&member_id), json!({ "audience": id })).await?;
    let selected = conditions.first().is_some_and(|whole| whole.holds);
    Ok(JsonResponse(Membership { member_id, selected, as_of, conditions }))
}

/// The rules that a query may refer to.
pub(crate) async fn saved_rules(service: &Service) -> Result<SavedRules, Problem> {
    SavedAudiences::new(&service.store).rules().await.map_err(StoreError::read_problem)
}

/// Refuses a rule that is invalid, refers to an unknown audience, or leads back to `own_id`.
pub(crate) async fn check_rule(service: &Service, rule: &Value, own_id: Option<&str>) -> Result<(), Problem> {
    let parsed = Rule::parse(rule).map_err(QueryError::from)?;
    let saved = saved_rules(service).await?;
    parsed.check_references(own_id, &|id| saved.resolve(id)).map_err(QueryError::from)?;
    count(service, None, rule.clone(), saved).await.map(|_| ())
}

async fn answer(
    service: &Service,
    caller: &Caller,
    audience: SavedAudience,
) -> Result<JsonResponse<AudienceAnswer>, Problem> {
    let saved = saved_rules(service).await?;
    let counted = match count(service, caller.union_id.clone(), audience.rule.clone(), saved).await {
        // The seed of its look-alikes became too small. The audience can be read and changed nevertheless.
        Err(problem) if problem.code == Code::TooFewSeeds => None,
        counted => counted?,
    };
    let (members, as_of) = counted.unzip();
    Ok(JsonResponse(AudienceAnswer { audience, members, as_of }))
}

/// The number of members who meet a rule, and the instant whose state was counted; `None` before the first publish.
async fn count(
    service: &Service,
    within: Option<String>,
    rule: Value,
    saved: SavedRules,
) -> Result<Option<(usize, String)>, Problem> {
    if service.live.get().is_none() {
        return Ok(None);
    }
    let now = service.now();
    let query = AudienceQuery { rule: Some(rule), within, saved, ..AudienceQuery::default() };
    let counted = service.compute(move |live| {
        let members = live.engine.count_rule(&query, now)?;
        Ok::<_, QueryError>((members, live.info.as_of_text()))
    });
    Ok(Some(counted.await??))
}
