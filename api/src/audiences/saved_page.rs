//! The page with the saved audiences: open, save, delete, and undo a deletion.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use zhihui_engine::audience::LookAlikeWidth;

use super::builder::describe::Names;
use super::builder::node::Node;
use super::computed::named_in;
use super::form::AudienceForm;
use super::saved::{AudienceChanges, RESTORE_SECONDS, SavedAudience, SavedAudiences};
use super::saved_routes::{audience_id, check_rule};
use crate::auth::caller::Caller;
use crate::auth::csrf;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::web::extract::FormBody;
use crate::web::html::page;
use crate::web::ids::Id;
use crate::web::layout::Layout;
use crate::web::numbers::minute_of;
use crate::web::url::{percent_encode, url_with_query};

#[derive(Template)]
#[template(path = "audiences/saved_page.html")]
struct SavedPage<'a> {
    layout: &'a Layout,
    audiences: Vec<AudienceRow>,
    /// The audience that was just deleted: id and name.
    deleted: Option<(String, String)>,
    minutes: i64,
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
    #[serde(default)]
    csrf: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[serde(default)]
    note: String,
    /// `version` for the next version of the audience that was opened; otherwise a new audience.
    #[serde(default, rename = "as")]
    save_as: String,
}

/// A form without fields.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ButtonForm {
    #[serde(default)]
    csrf: String,
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
    let deleted = match asked {
        Some(id) => {
            let name = saved.deleted_name(&id, within, service.now()).await.map_err(StoreError::read_problem)?;
            name.map(|name| (id, name))
        }
        None => None,
    };
    let audiences = saved.list(within).await?;
    let names = saved.names(within).await.map_err(StoreError::read_problem)?;
    let row = |audience: SavedAudience| row(&service, &caller, audience, &names, &layout);
    let template = SavedPage {
        audiences: audiences.into_iter().map(row).collect(),
        deleted,
        minutes: RESTORE_SECONDS / 60,
        layout: &layout,
    };
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
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    FormBody(body): FormBody<SaveForm>,
) -> Result<Response, Problem> {
    csrf::check(&caller, &headers, &body.csrf)?;
    let mut form = AudienceForm::load(&service, &caller, &uri).await?;
    let query = form.complete_query(layout.t).map_err(|what| Problem::invalid("rule", what))?;
    let rule = query.rule.unwrap_or_else(|| json!({ "all": [] }));
    let opened = form.saved.clone().filter(|_| body.save_as == "version");
    check_rule(&service, &rule, opened.as_deref()).await?;
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceSaved, None, json!({}));
    let (saved, within) = (SavedAudiences::new(&service.store), caller.union_id.as_deref());
    let note = Some(body.note.trim()).filter(|note| !note.is_empty());
    let audience = match opened {
        Some(id) => {
            let (name, note) = (Some(body.name), note.map(str::to_owned));
            let changes = AudienceChanges { name, rule: Some(rule), note, version: None };
            saved.update(&id, &changes, within, &entry).await?
        }
        None => saved.create((&body.name, &rule, note), within, &entry).await?,
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
    caller: Caller,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    FormBody(body): FormBody<ButtonForm>,
) -> Result<Response, Problem> {
    csrf::check(&caller, &headers, &body.csrf)?;
    let id = audience_id(path)?;
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
    caller: Caller,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    FormBody(body): FormBody<ButtonForm>,
) -> Result<Response, Problem> {
    csrf::check(&caller, &headers, &body.csrf)?;
    let id = audience_id(path)?;
    let entry = caller.audit_entry(service.now(), AuditAction::AudienceSaved, None, json!({}));
    SavedAudiences::new(&service.store).restore(&id, caller.union_id.as_deref(), &entry).await?;
    Ok(Redirect::to("/audiences/saved").into_response())
}
