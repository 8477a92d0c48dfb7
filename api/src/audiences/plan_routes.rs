//! `POST /v1/audiences/band-plan`.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use zhihui_engine::audience::{BandPlan, GroupBy};

use super::plan_schema as schema;
use super::routes::check_query;
use super::saved_routes::saved_rules;
use crate::auth::caller::Caller;
use crate::exclusions::applied::exclusions_of_items;
use crate::live::audience_query::AudienceQuery;
use crate::live::plan_queries::BandPlanQuery;
use crate::live::query_error::QueryError;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::extract::JsonBody;
use crate::web::ids::check_id;
use crate::web::json::JsonResponse;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BandPlanBody {
    item_ids: Vec<String>,
    #[serde(default)]
    rule: Option<Value>,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    hold_out: Option<f64>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    one_list_at_a_time: Option<bool>,
}

/// Plans several items for one slot: each age band or interest segment gets the item to which most of it are expected to
/// respond, compared with the best single item for all.
///
/// Limits of the items, consent, exclusions, caps and the hold-out apply as in a preview. A group with fewer than 50 candidates for
/// every item is part of `others`. Groups with the same item share its seats.
#[utoipa::path(post, path = "/v1/audiences/band-plan", tag = "staff", operation_id = "band_plan",
    request_body = schema::BandPlanRequest, responses((status = 200, body = schema::BandPlan)))]
pub(crate) async fn band_plan(
    State(service): State<Service>,
    caller: Caller,
    JsonBody(body): JsonBody<BandPlanBody>,
) -> Result<JsonResponse<BandPlan>, Problem> {
    let by = match body.by.as_deref() {
        None => GroupBy::AgeBand,
        Some(name) => GroupBy::parse(name).ok_or_else(|| Problem::invalid("by", "must be age_band or segment"))?,
    };
    body.item_ids.iter().try_for_each(|id| check_id("item_ids", id))?;
    let audience = AudienceQuery {
        item_id: body.item_ids.first().cloned(),
        rule: body.rule,
        hold_out: body.hold_out,
        purpose: body.purpose,
        exclude: body.exclude,
        one_list_at_a_time: body.one_list_at_a_time,
        within: caller.union_id.clone(),
        ..AudienceQuery::default()
    };
    if audience.item_id.is_none() {
        return Err(Problem::invalid("item_ids", "give 2 to 20 different items"));
    }
    check_query(&audience)?;
    let plan = plan(&service, &caller, BandPlanQuery { item_ids: body.item_ids, by, audience, exclusions: Vec::new() })
        .await??;
    Ok(JsonResponse(plan))
}

/// Makes a plan, and records that its counts were seen. The inner error says what is wrong with the query.
pub(crate) async fn plan(
    service: &Service,
    caller: &Caller,
    mut query: BandPlanQuery,
) -> Result<Result<BandPlan, QueryError>, Problem> {
    query.audience.saved = saved_rules(service).await?;
    query.exclusions = exclusions_of_items(service, &query.audience, &query.item_ids).await?;
    let target = json!({ "item_ids": query.item_ids, "by": query.by, "purpose": query.audience.purpose });
    let now = service.now();
    let plan = service.compute_cancellable(move |live, cancel| {
        query.audience.cancel = cancel.clone();
        live.engine.band_plan(&query, now)
    });
    let plan = plan.await?;
    if plan.is_ok() {
        caller.record(service, AuditAction::Preview, None, target).await?;
    }
    Ok(plan)
}
