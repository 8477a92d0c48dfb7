//! `POST /v1/audiences/preview` and `POST /v1/audiences/seat-plan`.

use axum::extract::State;
use zhihui_engine::audience::{Preview, SeatPlan};

use super::saved_routes::saved_rules;
use super::{schema, seat_plan_schema};
use crate::auth::caller::Caller;
use crate::exclusions::applied::exclusions_of;
use crate::live::audience_query::{AudienceQuery, MAX_PURPOSE};
use crate::live::variant_query::check_variants;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::JsonBody;
use crate::web::json::JsonResponse;

/// Counts an audience without storing it.
///
/// The funnel has one row for each condition of the rule. `selected` counts the members to push to.
#[utoipa::path(post, path = "/v1/audiences/preview", tag = "staff", request_body = schema::PreviewRequest,
    responses((status = 200, body = schema::Preview)))]
pub(crate) async fn preview(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(mut query): JsonBody<AudienceQuery>,
) -> Result<JsonResponse<Preview>, Problem> {
    check_query(&query)?;
    query.saved = saved_rules(&service).await?;
    query.within.clone_from(&caller.union_id);
    query.exclusions = exclusions_of(&service, &query, false).await?;
    let now = service.now();
    let target = serde_json::json!({ "item_id": query.item_id, "topic": query.topic, "purpose": query.purpose });
    let preview = service.compute_cancellable(move |live, cancel| {
        query.cancel = cancel.clone();
        live.engine.preview(&query, now, language)
    });
    let preview = preview.await??;
    if !preview.sample.is_empty() {
        caller.record(&service, AuditAction::Preview, None, target).await?;
    }
    Ok(JsonResponse(preview))
}

/// Says how many members to push to for an item with seats, and how high the demand of each union is.
///
/// `lists` compares the likeliest members with the same expected number of seats spread evenly over unions. The request is
/// that of a preview, for an item with a capacity.
#[utoipa::path(post, path = "/v1/audiences/seat-plan", tag = "staff", request_body = schema::PreviewRequest,
    responses((status = 200, body = seat_plan_schema::SeatPlan)))]
pub(crate) async fn seat_plan(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(mut query): JsonBody<AudienceQuery>,
) -> Result<JsonResponse<SeatPlan>, Problem> {
    check_query(&query)?;
    let Some(item_id) = query.item_id.clone() else {
        return Err(Problem::invalid(
            "item_id",
            "a seat plan is for an activity with seats; a topic has only a preview",
        ));
    };
    if !query.variants.is_empty() {
        return Err(Problem::invalid("variants", "a seat plan is for one item; leave the variants out"));
    }
    query.saved = saved_rules(&service).await?;
    query.within.clone_from(&caller.union_id);
    query.exclusions = exclusions_of(&service, &query, false).await?;
    let now = service.now();
    let target = serde_json::json!({ "item_id": item_id, "seat_plan": true, "purpose": query.purpose });
    let computed = service.compute_cancellable(move |live, cancel| {
        query.cancel = cancel.clone();
        live.engine.preview_with_seat_plan(&query, now, language)
    });
    let plan = computed.await??.1.ok_or_else(|| {
        Problem::invalid("item_id", format!("{item_id:?} has no number of seats; choose an activity with a capacity"))
    })?;
    caller.record(&service, AuditAction::Preview, None, target).await?;
    Ok(JsonResponse(plan))
}

/// Refuses a query without exactly one target, with a share or a purpose out of bounds, or with invalid variants.
pub(crate) fn check_query(query: &AudienceQuery) -> Result<(), Problem> {
    if query.item_id.is_some() == query.topic.is_some() {
        return Err(Problem::invalid("item_id", "give exactly one of item_id and topic"));
    }
    if query.hold_out.is_some_and(|share| !(0.0..1.0).contains(&share)) {
        return Err(Problem::invalid("hold_out", "must be a share from 0 to below 1, such as 0.1"));
    }
    if query.purpose.as_ref().is_some_and(|purpose| purpose.chars().count() > MAX_PURPOSE) {
        return Err(Problem::invalid("purpose", format!("at most {MAX_PURPOSE} characters")));
    }
    check_variants(&query.variants, query.item_id.as_deref()).map_err(|error| Problem::invalid("variants", error))
}
