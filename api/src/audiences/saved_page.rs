//! The page with the saved audiences: open, save, delete, and undo a deletion.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use zhihui_engine::audience::LookAlikeWidth;

use super::builder::describe::Names;
use super::builder::node::Node;
use super::computed::named_in;
use super::form::AudienceForm;
use super::saved::{AudienceChanges, SavedAudience, SavedAudiences};
use super::saved_routes::check_rule;
use crate::auth::caller::Caller;
use crate::auth::page_form::{ButtonForm, PageForm};
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::deleted_row::DeletedRow;
use crate::store::error::StoreError;
use crate::web::html::page;
use crate::web::ids::{Id, PathId};
use crate::web::layout::Layout;
use crate::web::numbers::minute_of;
use crate::web::url::{percent_encode, url_with_query};

#[derive(Template)]
#[template(path = "audiences/saved_page.html")]
struct SavedPage<'a> {
    layout: &'a Layout,
    audiences: Vec<AudienceRow>,
    /// The audience that was just deleted.
    deleted: Option<DeletedRow>,
}

/// A saved audience as a row of the table.
struct AudienceRow {
    id: String,
    url: String,
    /// The page with its size by day.
    days_url: String,
    /// The audience page with the look-alikes of this audience.
    similar_url: String,
    name: String,
    conditions: String,
    version: i64,
    changed: String,
    by: String,
    uses: usize,
}

/// The form that saves the rule of the query string.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaveForm {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[serde(default)]
    note: String,
    /// `version` for the next version of the audience that was opened; otherwise a new audience.
    #[serde(default, rename = "as")]
    save_as: String,
}

#[derive(Deserialize)]
struct DeletedQuery {
    deleted: Option<String>,
}

/// The saved audiences, by name.
#[utoipa::path(get, path = "/audiences/saved", tag = "pages", operation_id = "saved_audiences",
    responses((status = 200, description = "A page")))]
pub(crate) async fn saved(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let within = caller.union_id.as_deref();
    let saved = SavedAudiences::new(&service.store);
    let asked = Query::<DeletedQuery>::try_from_uri(&uri).ok().and_then(|query| query.0.deleted);
    let deleted = saved.deleted(asked.as_deref(), within, service.now()).await.map_err(StoreError::read_problem)?;
    let audiences = saved.list(within).await?;
    let names = saved.names(within).await.map_err(StoreError::read_problem)?;
    let row = |audience: SavedAudience| row(&service, &caller, audience, &names, &layout);
    let template = SavedPage { audiences: audiences.into_iter().map(row).collect(), deleted, layout: &layout };
    Ok(page(StatusCode::OK, &layout, &template))
}

fn row(
    service: &Service,
    caller: &Caller,
    audience: SavedAudience,
    names: &BTreeMap<String, String>,
    layout: &Layout,
) -> AudienceRow {
    let conditions = conditions_of(service, caller, &audience.rule, names, layout);
    let similar_to = json!({ "similar_to": { "audience": audience.id, "width": LookAlikeWidth::Medium } });
    AudienceRow {
        similar_url: url_with_query("/audiences", [("rule", similar_to.to_string().as_str())]),
        url: url_with_query("/audiences", [("saved", audience.id.as_str())]),
        days_url: format!("/audiences/saved/{}", percent_encode(&audience.id)),
        conditions,
        version: audience.version,
        changed: minute_of(&audience.updated_at, service.live.zone()),
        by: audience.owner.strip_prefix("user ").unwrap_or(&audience.owner).to_owned(),
        uses: audience.used_in.len(),
        name: audience.name,
        id: audience.id,
    }
}

/// A rule in words. `names` are those of the saved audiences.
pub(crate) fn conditions_of(
    service: &Service,
    caller: &Caller,
    rule: &Value,
    names: &BTreeMap<String, String>,
    layout: &Layout,
) -> String {
    let tree = Node::from_json(rule).unwrap_or_else(Node::everybody);
    let (items, unions) = named_in(&tree);
    let form = service.live.get().map(|live| live.engine.names(&items, &unions, caller.union_id.as_deref()));
    let names = Names { form: form.unwrap_or_default(), audiences: names.clone() };
    match &tree {
        Node::Group(_, children) if children.is_empty() => layout.t.audiences_saved_everybody().to_owned(),
        tree => tree.describe(&names, layout.t),
    }
}

/// Saves the rule of the query string, which has the parameters of `/audiences`.
#[utoipa::path(post, path = "/audiences/saved", tag = "pages", operation_id = "save_audience",
    request_body(content = SaveForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the audience")))]
pub(crate) async fn save(
    State(service): State<Service>,
    layout: Layout,
    uri: Uri,
    PageForm { caller, fields }: PageForm<SaveForm>,
) -> Result<Response, Problem> {
    let mut form = AudienceForm::load(&service, &caller, &uri).await?;
    let query = form.complete_query(layout.t)?;
    let rule = query.rule.unwrap_or_else(|| json!({ "all": [] }));
    let opened = form.saved.clone().filter(|_| fields.save_as == "version");
    check_rule(&service, &rule, opened.as_deref()).await?;
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceSaved, None, json!({}));
    let (saved, within) = (SavedAudiences::new(&service.store), caller.union_id.as_deref());
    let note = Some(fields.note.trim()).filter(|note| !note.is_empty());
    let audience = match opened {
        Some(id) => {
            let (name, note) = (Some(fields.name), note.map(str::to_owned));
            let changes = AudienceChanges { name, rule: Some(rule), note, version: None };
            saved.update(&id, &changes, within, &entry).await?
        }
        None => saved.create((&fields.name, &rule, note), within, &entry).await?,
    };
    form.saved = Some(audience.id);
    form.keep(&service, &caller).await?;
    Ok(Redirect::to(&form.url("/audiences", None)).into_response())
}

/// Deletes a saved audience. The page offers to undo it.
#[utoipa::path(post, path = "/audiences/saved/{id}/delete", tag = "pages", operation_id = "delete_audience",
    params(("id" = inline(Id), Path, description = "The audience's id")),
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn delete(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceDeleted, None, json!({}));
    SavedAudiences::new(&service.store).delete(&id, caller.union_id.as_deref(), &entry).await?;
    Ok(Redirect::to(&url_with_query("/audiences/saved", [("deleted", id.as_str())])).into_response())
}

/// Undoes a deletion.
#[utoipa::path(post, path = "/audiences/saved/{id}/restore", tag = "pages", operation_id = "restore_audience",
    params(("id" = inline(Id), Path, description = "The audience's id")),
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn restore(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceSaved, None, json!({}));
    SavedAudiences::new(&service.store).restore(&id, caller.union_id.as_deref(), &entry).await?;
    Ok(Redirect::to("/audiences/saved").into_response())
}
