//! The page with the caller's links to reports: create, look at their use, revoke.

use askama::Template;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::actions::{create_link, origin, revoke_link};
use super::database::ReportLinks;
use super::record::ReportLink;
use crate::auth::caller::Caller;
use crate::auth::page_form::{ButtonForm, PageForm};
use crate::auth::role::Role;
use crate::middleware::problem::Problem;
use crate::reports::routes::PeriodQuery;
use crate::reports::view::filters_in_words;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::html::page;
use crate::web::ids::{Id, PathId};
use crate::web::layout::Layout;
use crate::web::numbers::{local_minute, period};

#[derive(Template)]
#[template(path = "reports/links/page.html")]
struct LinksPage<'a> {
    layout: &'a Layout,
    links: Vec<LinkRow>,
    /// The address of the link that was just created. It is never shown again.
    created: Option<String>,
}

/// A link as a row of the table.
struct LinkRow {
    id: String,
    name: String,
    filters: Vec<String>,
    /// Empty for the caller's own links.
    owner: String,
    expires: String,
    last_use: String,
    state: &'static str,
    is_valid: bool,
}

/// What to share, and for how long.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct ShareForm {
    /// First day or RFC 3339 instant of the period; the last 30 whole days if missing.
    from: String,
    /// End of the period, exclusive.
    to: String,
    /// Period to compare with.
    compare: String,
    /// Only this union subtree.
    union: String,
    /// Only members of this district.
    district: String,
    /// Only members of this age band.
    age_band: String,
    /// Days for which the link is valid: 7, 30 or 90.
    #[schema(required, pattern = "^(7|30|90)$", example = "30")]
    days: String,
    /// What the link is for.
    #[schema(max_length = 80)]
    label: String,
}

/// The links of the caller, or for an admin those of everybody.
#[utoipa::path(get, path = "/reports/links", tag = "pages", operation_id = "report_links",
    responses((status = 200, description = "A page")))]
pub(crate) async fn links(State(service): State<Service>, layout: Layout, caller: Caller) -> Result<Response, Problem> {
    render(&service, &layout, &caller, None).await
}

/// Creates a link. The page shows its address once.
#[utoipa::path(post, path = "/reports/links", tag = "pages", operation_id = "create_report_link",
    request_body(content = ShareForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page with the address")))]
pub(crate) async fn create(
    State(service): State<Service>,
    layout: Layout,
    headers: HeaderMap,
    extensions: Extensions,
    PageForm { caller, fields }: PageForm<ShareForm>,
) -> Result<Response, Problem> {
    let path = create_link(&service, &caller, &fields.period(), (&fields.days, &fields.label)).await?;
    let address = format!("{}{path}", origin(&service, &headers, &extensions));
    render(&service, &layout, &caller, Some(address)).await
}

/// Revokes a link.
#[utoipa::path(post, path = "/reports/links/{id}/revoke", tag = "pages", operation_id = "revoke_report_link",
    params(("id" = inline(Id), Path, description = "The link's id")),
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn revoke(
    State(service): State<Service>,
    PathId(id): PathId,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    revoke_link(&service, &caller, &id).await?;
    Ok(Redirect::to("/reports/links").into_response())
}

impl ShareForm {
    fn period(&self) -> PeriodQuery {
        PeriodQuery {
            from: Some(self.from.clone()),
            to: Some(self.to.clone()),
            compare: Some(self.compare.clone()),
            union: Some(self.union.clone()),
            district: Some(self.district.clone()),
            age_band: Some(self.age_band.clone()),
        }
    }
}

async fn render(
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    created: Option<String>,
) -> Result<Response, Problem> {
    let owner = (caller.role != Role::Admin).then_some(caller.name.as_str());
    let links = ReportLinks::new(&service.store).list(owner).await.map_err(StoreError::read_problem)?;
    let links = links.into_iter().map(|link| row(link, service, caller, layout)).collect();
    Ok(page(StatusCode::OK, layout, &LinksPage { layout, links, created }))
}

fn row(link: ReportLink, service: &Service, caller: &Caller, layout: &Layout) -> LinkRow {
    let (t, zone, now) = (layout.t, service.live.zone(), service.now());
    let period = period(&link.shows.from, &link.shows.to, zone, t);
    let mut filters = filters_in_words(&link.shows.filters, t);
    let is_valid = link.is_valid(now);
    let name = if link.label.is_empty() {
        period
    } else {
        filters.insert(0, period);
        link.label
    };
    LinkRow {
        name,
        filters,
        owner: if link.owner == caller.name { String::new() } else { link.owner },
        expires: local_minute(link.expires_at, zone),
        last_use: link.last_used_at.map_or_else(
            || t.report_links_never_used().to_owned(),
            |at| t.report_links_used(local_minute(at, zone), link.uses),
        ),
        state: match link.revoked_at {
            Some(_) => t.report_links_revoked(),
            None if is_valid => t.report_links_valid(),
            None => t.report_links_expired(),
        },
        is_valid,
        id: link.id,
    }
}
