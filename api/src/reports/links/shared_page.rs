//! What a link to a report shows: the memo and the page with everything, read-only, to whoever has the link.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Extensions, StatusCode};
use axum::response::Response;

use super::actions::{SHARED, open_link};
use crate::middleware::client::Client;
use crate::middleware::problem::{Code, Problem};
use crate::reports::memo::MemoView;
use crate::reports::page::Show;
use crate::reports::routes::report_problem;
use crate::reports::view::ReportView;
use crate::service::Service;
use crate::web::extract::path_param;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::numbers::local_minute;

/// Length of a secret in hexadecimal digits.
const SECRET_LENGTH: usize = 64;

#[derive(Template)]
#[template(path = "reports/links/shared_page.html")]
struct SharedPage<'a> {
    layout: &'a Layout,
    label: String,
    expires: String,
    /// The memo or the whole report as HTML.
    content: String,
    memo: String,
    explore: String,
    shows_memo: bool,
}

/// The memo of a shared report.
#[utoipa::path(get, path = "/shared/{token}", tag = "pages", operation_id = "shared_memo",
    params(("token" = String, Path, description = "The secret of the link")),
    responses((status = 200, description = "A page"), (status = 410, description = "The link has expired or was revoked")))]
pub(crate) async fn memo(
    State(service): State<Service>,
    layout: Layout,
    path: Result<Path<String>, PathRejection>,
    extensions: Extensions,
) -> Result<Response, Problem> {
    show(Show::Memo, &service, &layout, &path_param("token", path)?, &extensions).await
}

/// All metrics and tables of a shared report.
#[utoipa::path(get, path = "/shared/{token}/explore", tag = "pages", operation_id = "shared_explore",
    params(("token" = String, Path, description = "The secret of the link")),
    responses((status = 200, description = "A page"), (status = 410, description = "The link has expired or was revoked")))]
pub(crate) async fn explore(
    State(service): State<Service>,
    layout: Layout,
    path: Result<Path<String>, PathRejection>,
    extensions: Extensions,
) -> Result<Response, Problem> {
    show(Show::Everything, &service, &layout, &path_param("token", path)?, &extensions).await
}

async fn show(
    what: Show,
    service: &Service,
    layout: &Layout,
    secret: &str,
    extensions: &Extensions,
) -> Result<Response, Problem> {
    if secret.len() != SECRET_LENGTH || !secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::new(Code::UnknownReportLink, "no such link; ask for a new one"));
    }
    let shows_memo = what == Show::Memo;
    let name = if shows_memo { "memo" } else { "explore" };
    let link = open_link(service, secret, name, &Client::of(extensions).source()).await?;
    let report = {
        let _permit = service.computations.acquire().await?;
        service.ports.reports.report(&link.shows.report, link.shows.query()).await
    };
    let report = report.map_err(|error| report_problem(error, service))?;
    let zone = service.live.zone();
    let (memo, explore) = (format!("{SHARED}/{secret}"), format!("{SHARED}/{secret}/explore"));
    let content = match what {
        Show::Memo => MemoView::new(&report, layout.t, zone, &explore).render(),
        Show::Everything => ReportView::new(&report, layout.t.language(), zone).with_script().render(),
    };
    // Rendering writes to memory, which cannot fail.
    let content = content.unwrap_or_default();
    let expires = local_minute(link.expires_at, zone);
    let template = SharedPage { layout, label: link.label, expires, content, memo, explore, shows_memo };
    Ok(page(StatusCode::OK, layout, &template))
}
