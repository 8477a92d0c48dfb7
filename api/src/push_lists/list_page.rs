//! The page of one push list: what it is, what can be done with it now, and what became of it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use zhihui_data::ItemKind;
use zhihui_engine::insight::{ItemInsight, Phase};

use super::actions::{take_step, with_outcome};
use super::actor::Actor;
use super::database::PushLists;
use super::error::PushListError;
use super::list_view::ListView;
use super::overlap::RECENT_SECONDS;
use super::record::PushList;
use super::resend::resend_url;
use super::state::ListStep;
use crate::audiences::builder::describe::Names;
use crate::audiences::builder::node::Node;
use crate::audiences::computed::named_in;
use crate::audiences::saved::SavedAudiences;
use crate::auth::caller::Caller;
use crate::auth::page_form::PageForm;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::html::page;
use crate::web::ids::{Id, PathId};
use crate::web::layout::Layout;

/// Items to choose from. Others can be named over HTTP and on the command line.
const MAX_ITEMS: usize = 100;

#[derive(Template)]
#[template(path = "push_lists/list_page.html")]
struct ListPage<'a> {
    layout: &'a Layout,
    view: ListView,
    /// Why the last step was refused.
    error: Option<&'a str>,
    /// What a list of a topic can be sent for: ids and titles.
    items: Vec<(String, String)>,
}

/// A step with a list.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct StepForm {
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
    PathId(id): PathId,
) -> Result<Response, Problem> {
    render(&service, &layout, &caller, &id, None).await
}

/// Submits, approves, rejects or closes a list.
#[utoipa::path(post, path = "/push-lists/{id}", tag = "pages", operation_id = "step_push_list",
    params(("id" = inline(Id), Path, description = "The list's id")),
    request_body(content = StepForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn step(
    State(service): State<Service>,
    layout: Layout,
    PathId(id): PathId,
    PageForm { caller, fields }: PageForm<StepForm>,
) -> Result<Response, Problem> {
    let steps = [ListStep::Submit, ListStep::Approve, ListStep::Reject, ListStep::Close];
    let step = steps.into_iter().find(|step| step.as_str() == fields.step);
    let step = step.ok_or_else(|| Problem::invalid("step", "must be submit, approve, reject or close"))?;
    match take_step(&service, &Actor::from(&caller), &id, step, Some(&fields.reason)).await {
        Ok(_) => Ok(Redirect::to(&format!("/push-lists/{id}")).into_response()),
        Err(problem) if is_refused_step(&problem) => render(&service, &layout, &caller, &id, Some(&problem)).await,
        Err(problem) => Err(problem),
    }
}

/// Whether the list is as before and its page can say why the step was refused.
fn is_refused_step(problem: &Problem) -> bool {
    matches!(problem.code, Code::WrongState | Code::OwnApproval | Code::AudienceTooSmall | Code::InvalidParameter)
}

async fn render(
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    id: &str,
    refused: Option<&Problem>,
) -> Result<Response, Problem> {
    let lists = PushLists::new(&service.store);
    let list = lists.get(id, caller.union_id.as_deref()).await?;
    let list = with_outcome(service, list, caller.union_id.as_deref()).await?;
    let first = lists.members(id, 0, ListView::SAMPLE).await.map_err(|error: PushListError| Problem::from(error))?;
    let is_own = list.created_by == caller.name;
    let items = items_to_send(service, &list);
    let status = refused.map_or(StatusCode::OK, |problem| match problem.code {
        Code::OwnApproval => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    });
    let names = names(service, caller, &list).await?;
    let (live, now) = (service.live.get(), service.now());
    let view_of = |id: &str| live.as_ref().and_then(|live| live.engine.item_view(id, now));
    let is_article = |id: &str| view_of(id).is_some_and(|item| item.kind == ItemKind::Article);
    let resend_url = resend_url(&list, is_article);
    let view = ListView::new(list, first.members, is_own, resend_url, service.live.zone(), (&names, layout.t));
    let error = refused.map(|problem| problem.text(layout.t));
    Ok(page(status, layout, &ListPage { layout, view, error, items }))
}

/// Items of the topic of a list that is not sent yet, which are offered now, the newest first.
fn items_to_send(service: &Service, list: &PushList) -> Vec<(String, String)> {
    let (Some(live), Some(topic), None) = (service.live.get(), &list.topic, &list.item_id) else { return Vec::new() };
    let now = service.now();
    let mut items = live.engine.item_list(now - RECENT_SECONDS, now);
    items.retain(|item| item.topics.contains(topic) && item.phase == Phase::Open);
    items.sort_by_key(|item| std::cmp::Reverse(item.published_at.or(item.opens_at).or(item.starts_at)));
    items.truncate(MAX_ITEMS);
    let named = |item: ItemInsight| {
        let title = if item.title.is_empty() { item.item_id.clone() } else { item.title };
        (item.item_id, title)
    };
    items.into_iter().map(named).collect()
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
