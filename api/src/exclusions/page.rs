//! The page with the exclusion lists: upload, delete, and undo a deletion.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::applied::today;
use super::database::ExclusionLists;
use super::record::ExclusionList;
use super::upload::{ExclusionForm, SentForm};
use crate::auth::caller::Caller;
use crate::auth::page_form::{ButtonForm, PageForm};
use crate::middleware::problem::{Code, Problem};
use crate::push_lists::actor::Actor;
use crate::service::Service;
use crate::store::deleted_row::DeletedRow;
use crate::store::error::StoreError;
use crate::web::html::page;
use crate::web::ids::{Id, PathId};
use crate::web::layout::Layout;
use crate::web::numbers::{grouped, minute_of};
use crate::web::url::url_with_query;

#[derive(Template)]
#[template(path = "exclusions/page.html")]
struct ExclusionsPage<'a> {
    layout: &'a Layout,
    lists: Vec<ListRow>,
    /// The form as it was filled in, if it was refused.
    form: SentForm,
    /// Why it was refused.
    error: Option<&'a str>,
    /// What was just uploaded.
    added: Option<String>,
    /// The list that was just deleted.
    deleted: Option<DeletedRow>,
}

/// A list as a row of the table.
struct ListRow {
    id: String,
    name: String,
    purpose: Option<String>,
    applies: &'static str,
    until: String,
    members: String,
    uploaded: String,
    by: String,
    can_delete: bool,
}

#[derive(Default, Deserialize)]
struct DoneQuery {
    added: Option<String>,
    deleted: Option<String>,
}

/// The exclusion lists, by name.
#[utoipa::path(get, path = "/exclusions", tag = "pages", operation_id = "exclusion_lists",
    responses((status = 200, description = "A page")))]
pub(crate) async fn exclusions(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let done = Query::<DoneQuery>::try_from_uri(&uri).map(|query| query.0).unwrap_or_default();
    render(&service, &layout, &caller, (SentForm::default(), None), done).await
}

/// Uploads an exclusion list: a file, pasted ids, or both. The token must come first.
#[utoipa::path(post, path = "/exclusions", tag = "pages", operation_id = "add_exclusion_list",
    request_body(content = ExclusionForm, content_type = "multipart/form-data"),
    responses((status = 303, description = "Back to the page"), (status = 413, description = "Too large"),
        (status = 422, description = "The page, with what is wrong")))]
pub(crate) async fn add(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let form = form.map_err(|_| Problem::new(Code::UnsupportedMediaType, "send the form as multipart/form-data"))?;
    let sent = SentForm::read(&service, &caller, &headers, form).await?;
    match store(&service, &caller, sent.clone()).await {
        Ok(list) => Ok(Redirect::to(&url_with_query("/exclusions", [("added", list.id.as_str())])).into_response()),
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            render(&service, &layout, &caller, (sent, Some(problem.text(layout.t))), DoneQuery::default()).await
        }
        Err(problem) => Err(problem),
    }
}

async fn store(service: &Service, caller: &Caller, sent: SentForm) -> Result<ExclusionList, Problem> {
    let info = sent.info()?;
    let reader = service.clone();
    let ids = service.computations.run(move |_| sent.ids(&reader)).await??;
    Ok(service.add_exclusion_list(&Actor::from(caller), &info, ids).await?.0)
}

/// Deletes an exclusion list. The page offers to undo it.
#[utoipa::path(post, path = "/exclusions/{id}/delete", tag = "pages", operation_id = "delete_exclusion_list",
    params(("id" = inline(Id), Path, description = "The list's id")),
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn delete(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    service.delete_exclusion_list(&Actor::from(&caller), &id).await?;
    Ok(Redirect::to(&url_with_query("/exclusions", [("deleted", id.as_str())])).into_response())
}

/// Undoes a deletion.
#[utoipa::path(post, path = "/exclusions/{id}/restore", tag = "pages", operation_id = "restore_exclusion_list",
    params(("id" = inline(Id), Path, description = "The list's id")),
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn restore(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    ExclusionLists::new(&service.store).restore(&id, &Actor::from(&caller), service.now()).await?;
    Ok(Redirect::to("/exclusions").into_response())
}

async fn render(
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    (form, error): (SentForm, Option<&str>),
    done: DoneQuery,
) -> Result<Response, Problem> {
    let (database, within) = (ExclusionLists::new(&service.store), caller.union_id.as_deref());
    let lists = database.list(within, today(service)).await?;
    let (zone, t, actor) = (service.live.zone(), layout.t, Actor::from(caller));
    let row = |list: &ExclusionList| ListRow {
        applies: match (list.ended, list.always) {
            (true, _) => t.exclusions_ended(),
            (false, true) => t.exclusions_always(),
            (false, false) => t.exclusions_chosen(),
        },
        until: list.until.map(|until| until.to_string()).unwrap_or_default(),
        members: grouped(list.members as f64, 0),
        uploaded: minute_of(&list.created_at, zone),
        by: list.owner.strip_prefix("user ").unwrap_or(&list.owner).to_owned(),
        can_delete: list.may_be_changed_by(&actor),
        id: list.id.clone(),
        name: list.name.clone(),
        purpose: list.purpose.clone(),
    };
    let added = done.added.as_ref().and_then(|id| lists.iter().find(|list| list.id == *id)).map(|list| {
        let [members, unknown] = [list.members, list.unknown].map(|count| grouped(count as f64, 0));
        if list.unknown > 0 {
            t.exclusions_added_with_unknown(members, &list.name, unknown)
        } else {
            t.exclusions_added(members, &list.name)
        }
    });
    let deleted = database.deleted(done.deleted.as_deref(), within, service.now()).await;
    let deleted = deleted.map_err(StoreError::read_problem)?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let lists = lists.iter().map(row).collect();
    let template = ExclusionsPage { layout, lists, form, error, added, deleted };
    Ok(page(status, layout, &template))
}
