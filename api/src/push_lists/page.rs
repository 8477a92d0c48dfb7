//! The page with all push lists, and the form that freezes an audience.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use super::actions::create_list;
use super::actor::Actor;
use super::database::PushLists;
use super::record::PushList;
use super::state::ListState;
use crate::audiences::form::AudienceForm;
use crate::auth::caller::Caller;
use crate::auth::page_form::{ButtonForm, PageForm};
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of};

/// Lists on the page.
const MAX_LISTS: u32 = 100;

#[derive(Template)]
#[template(path = "push_lists/page.html")]
struct PushListsPage<'a> {
    layout: &'a Layout,
    summary: String,
    lists: Vec<ListRow>,
}

/// A list as a row of the table.
struct ListRow {
    url: String,
    title: String,
    purpose: Option<String>,
    state: &'static str,
    is_waiting: bool,
    push: String,
    hold_out: String,
    expected: String,
    by: String,
    at: String,
}

/// The push lists, newest first.
#[utoipa::path(get, path = "/push-lists", tag = "pages", operation_id = "push_lists",
    responses((status = 200, description = "A page")))]
pub(crate) async fn push_lists(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
) -> Result<Response, Problem> {
    let lists = PushLists::new(&service.store).latest(MAX_LISTS, caller.union_id.as_deref()).await?;
    let zone = service.live.zone();
    let waiting = lists.iter().filter(|list| list.state == ListState::Submitted).count();
    let ready = lists.iter().filter(|list| list.state == ListState::Approved).count();
    let row = |list: PushList| ListRow {
        url: format!("/push-lists/{}", list.id),
        state: list.state.label(layout.t),
        is_waiting: matches!(list.state, ListState::Submitted | ListState::Approved),
        push: grouped(list.counts.push as f64, 0),
        hold_out: grouped(list.counts.hold_out as f64, 0),
        expected: grouped(list.preview.expected_responses.value.round(), 0),
        by: actor(&list.created_by),
        at: minute_of(&list.frozen_at, zone),
        title: title(&list, layout.t),
        purpose: list.purpose,
    };
    let template = PushListsPage {
        summary: layout.t.push_lists_summary(ready, waiting),
        lists: lists.into_iter().map(row).collect(),
        layout: &layout,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

/// Freezes the audience of the query string, which has the parameters of `/audiences`.
#[utoipa::path(post, path = "/push-lists", tag = "pages", operation_id = "create_push_list",
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "To the page of the list")))]
pub(crate) async fn freeze(
    State(service): State<Service>,
    layout: Layout,
    uri: Uri,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    let audience = AudienceForm::load(&service, &caller, &uri).await?;
    let query = audience.complete_query(layout.t)?;
    let list = create_list(&service, &Actor::from(&caller), query, layout.t.language()).await?;
    Ok(Redirect::to(&format!("/push-lists/{}", list.id)).into_response())
}

/// The title of the item, or the topic of a list that is not sent yet.
pub(crate) fn title(list: &PushList, t: Locale) -> String {
    match (&list.item_id, &list.topic) {
        (None, Some(topic)) => t.push_lists_topic_title(topic),
        _ => list.item_title.clone(),
    }
}

/// The name of a person; keys and the command line stay as they are.
pub(crate) fn actor(name: &str) -> String {
    name.strip_prefix("user ").unwrap_or(name).to_owned()
}
