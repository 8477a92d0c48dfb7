//! The HTML page of a problem: what went wrong and what to do.

use askama::Template;
use axum::http::Uri;
use axum::response::Response;
use zhihui_engine::Language;

use super::html::page;
use super::layout::Layout;
use crate::middleware::problem::{Code, Problem};

#[derive(Template)]
#[template(path = "web/error_page.html")]
struct ErrorPage<'a> {
    layout: &'a Layout,
    title: &'a str,
    advice: &'a str,
    problem: &'a Problem,
    status: u16,
}

/// Renders a problem as a page.
pub(crate) fn error_page(problem: &Problem, language: Language) -> Response {
    let layout = Layout::anonymous(language, &Uri::from_static("/"));
    let t = layout.t;
    let (title, advice) = match problem.code {
        Code::NotFound => (t.error_not_found(), t.error_not_found_advice()),
        Code::Forbidden => (t.error_forbidden(), t.error_forbidden_advice()),
        Code::InvalidParameter => (t.error_invalid_filter(), t.error_invalid_filter_advice()),
        Code::NoSnapshot | Code::ReportUnavailable | Code::UnknownReport => {
            (t.error_no_data(), t.error_no_data_advice())
        }
        _ => (t.error_unavailable(), t.error_unavailable_advice()),
    };
    let status = problem.status();
    page(status, &layout, &ErrorPage { layout: &layout, title, advice, problem, status: status.as_u16() })
}
