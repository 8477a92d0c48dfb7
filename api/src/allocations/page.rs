//! The page of an activity's allocations: what is asked for, the steps that are possible, and every result.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::actions::{allocate_first_come, commit_seed, draw, record_results, ticket_pool};
use super::database::Allocations;
use super::view::{AllocationView, Formatter, OpenDraw};
use crate::auth::page_form::PageForm;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::web::extract::path_param;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::url::percent_encode;

#[derive(Template)]
#[template(path = "allocations/page.html")]
struct AllocationPage<'a> {
    layout: &'a Layout,
    title: String,
    item_url: String,
    summary: String,
    limits: Vec<(&'static str, String)>,
    has_requests: bool,
    open_draw: Option<OpenDraw>,
    allocations: Vec<AllocationView>,
    /// Why the last step was refused.
    error: Option<&'a str>,
}

/// A step with the allocations of an activity.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AllocationForm {
    /// `commit`, `draw`, `first_come` or `record`.
    #[schema(pattern = "^(commit|draw|first_come|record)$")]
    step: String,
    /// The allocation that is drawn or recorded.
    #[serde(default)]
    allocation: String,
}

/// The allocations of an activity.
#[utoipa::path(get, path = "/items/{id}/allocation", tag = "pages", operation_id = "allocation",
    params(("id" = String, Path, description = "The activity's id")),
    responses((status = 200, description = "A page"), (status = 404, description = "No such activity")))]
pub(crate) async fn show(
    State(service): State<Service>,
    layout: Layout,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    render(&service, &layout, &path_param::<String>("id", path)?, None).await
}

/// Commits a seed, allocates, or records the results as sign-ups.
#[utoipa::path(post, path = "/items/{id}/allocation", tag = "pages", operation_id = "allocate",
    params(("id" = String, Path, description = "The activity's id")),
    request_body(content = AllocationForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn step(
    State(service): State<Service>,
    layout: Layout,
    path: Result<Path<String>, PathRejection>,
    PageForm { caller, fields }: PageForm<AllocationForm>,
) -> Result<Response, Problem> {
    let item_id: String = path_param("id", path)?;
    let done = match fields.step.as_str() {
        "commit" => commit_seed(&service, &caller, &item_id).await,
        "draw" => draw(&service, &caller, &item_id, &fields.allocation).await,
        "first_come" => allocate_first_come(&service, &caller, &item_id).await,
        "record" => record_results(&service, &caller, &item_id, &fields.allocation).await,
        _ => Err(Problem::invalid("step", "must be commit, draw, first_come or record")),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/items/{}/allocation", percent_encode(&item_id))).into_response()),
        Err(problem) if problem.code == Code::AllocationState => {
            render(&service, &layout, &item_id, Some(problem.text(layout.t))).await
        }
        Err(problem) => Err(problem),
    }
}

async fn render(service: &Service, layout: &Layout, item_id: &str, error: Option<&str>) -> Result<Response, Problem> {
    let pool = ticket_pool(service, item_id).await?;
    let allocations = Allocations::new(&service.store);
    let records = allocations.of_item(item_id).await?;
    let mut results = Vec::new();
    for record in &records {
        let grants = allocations.grants(&record.id).await?;
        results.extend(record.result(grants).map(|result| (record, result)));
    }
    let union_ids = results.iter().flat_map(|(_, result)| &result.grants);
    let union_ids: Vec<&str> = union_ids.filter_map(|grant| grant.request.union_id.as_deref()).collect();
    let unions = service.live.current()?.engine.names(&[], &union_ids, None).unions;
    let formatter = Formatter { unions: &unions, zone: service.live.zone(), t: layout.t };
    let now = service.now();
    let template = AllocationPage {
        item_url: format!("/items/{}", percent_encode(item_id)),
        summary: formatter.summary(&pool),
        limits: formatter.limits(&pool.rules),
        has_requests: !pool.requests.is_empty(),
        open_draw: records.iter().find_map(|record| formatter.open_draw(record, pool.closes_at, now)),
        allocations: results.iter().map(|(record, result)| formatter.allocation(record, result)).collect(),
        title: pool.title,
        layout,
        error,
    };
    let status = if template.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page(status, layout, &template))
}
