//! The page of one push list: what it is, what can be done with it now, and what became of it.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::actions::{take_step, with_outcome};
use super::actor::Actor;
use super::database::PushLists;
use super::error::PushListError;
use super::list_view::ListView;
use super::record::PushList;
use super::routes::list_id;
use super::state::ListStep;
use crate::audiences::builder::describe::Names;
use crate::audiences::builder::node::Node;
use crate::audiences::computed::named_in;
use crate::audiences::saved::SavedAudiences;
use crate::auth::caller::Caller;
use crate::auth::csrf;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::extract::FormBody;
use crate::web::html::page;
use crate::web::ids::Id;
use crate::web::layout::Layout;

#[derive(Template)]
#[template(path = "push_lists/list_page.html")]
struct ListPage<'a> {
    layout: &'a Layout,
    view: ListView,
    /// Why the last step was refused.
    error: Option<String>,
}

/// A step with a list.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct StepForm {
    #[serde(default)]
    csrf: String,
    /// `submit`, `approve`, `reject` or `close`.
    #[schema(pattern = "^(submit|approve|reject|close)$")]
    step: String,
    /// Why the list is rejected.
    #[serde(default)]
    reason: String,
}

/// A push list.
#[utoipa::path(get, path = "/push-lists/{id}", tag = "pages", operation_id = "push_list",
    params(("id" = inline(Id), Path, description = "The list's id")), responses((status = 200, description = "A page")))]
pub(crate) async fn show(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    render(&service, &layout, &caller, &list_id(path)?, None).await
}

/// Submits, approves, rejects or closes a list.
#[utoipa::path(post, path = "/push-lists/{id}", tag = "pages", operation_id = "step_push_list",
    params(("id" = inline(Id), Path, description = "The list's id")),
    request_body(content = StepForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn step(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    FormBody(form): FormBody<StepForm>,
) -> Result<Response, Problem> {
    csrf::check(&caller, &headers, &form.csrf)?;
    let id = list_id(path)?;
    let steps = [ListStep::Submit, ListStep::Approve, ListStep::Reject, ListStep::Close];
    let step = steps.into_iter().find(|step| step.as_str() == form.step);
    let step = step.ok_or_else(|| Problem::invalid("step", "must be submit, approve, reject or close"))?;
    match take_step(&service, &Actor::from(&caller), &id, step, Some(&form.reason)).await {
        Ok(_) => Ok(Redirect::to(&format!("/push-lists/{id}")).into_response()),
        Err(problem) if problem.status() == StatusCode::CONFLICT || problem.status() == StatusCode::BAD_REQUEST => {
            render(&service, &layout, &caller, &id, Some(problem.detail)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn render(
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    id: &str,
    error: Option<String>,
) -> Result<Response, Problem> {
    let lists = PushLists::new(&service.store);
    let list = lists.get(id, caller.union_id.as_deref()).await?;
    let list = with_outcome(service, list, caller.union_id.as_deref()).await?;
    let first = lists.members(id, 0, ListView::SAMPLE).await.map_err(|error: PushListError| Problem::from(error))?;
    let is_own = list.created_by == caller.name;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let names = names(service, caller, &list).await?;
    let view = ListView::new(list, first.members, is_own, service.live.zone(), (&names, layout.t));
    Ok(page(status, layout, &ListPage { layout, view, error }))
}

/// The names of what the rule and the breakdowns of a list name by id.
async fn names(service: &Service, caller: &Caller, list: &PushList) -> Result<Names, Problem> {
    let within = caller.union_id.as_deref();
    let audiences = SavedAudiences::new(&service.store).names(within).await.map_err(StoreError::read_problem)?;
    let Some(live) = service.live.get() else { return Ok(Names { audiences, ..Names::default() }) };
    let rule = list.rule.as_ref().and_then(Node::from_json).unwrap_or_else(Node::everybody);
    let (items, mut unions) = named_in(&rule);
    let counted = list.preview.breakdowns.get("union_id").into_iter().flatten();
    unions.extend(counted.map(|group| group.key.as_str()));
    Ok(Names { form: live.engine.names(&items, &unions, within), audiences })
}
