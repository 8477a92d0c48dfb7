//! The HTML page of a problem: what went wrong and what to do.

use askama::Template;
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use zhihui_engine::Language;

use super::html::page;
use super::layout::Layout;
use crate::middleware::problem::Problem;

#[derive(Template)]
#[template(path = "web/error_page.html")]
struct ErrorPage<'a> {
    layout: &'a Layout,
    title: &'a str,
    text: &'a str,
    code: &'a str,
    /// The invalid parameter or field.
    parameter: Option<&'a str>,
    status: u16,
}

/// Renders a problem as a page.
pub(crate) fn error_page(problem: &Problem, language: Language) -> Response {
    let layout = Layout::anonymous(language, &Uri::from_static("/"));
    let (title, text) = (problem.page_title(layout.t), problem.text(layout.t));
    let (status, code, parameter) = (problem.status(), problem.code.as_str(), problem.parameter());
    let shown = ErrorPage { layout: &layout, title, text, code, parameter, status: status.as_u16() };
    let mut response = page(status, &layout, &shown);
    if let Some(seconds) = problem.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
