//! Responses to requests that match no route.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::problem::{Code, Problem};
use crate::service::Service;
use crate::web::accept::accepts_html;
use crate::web::error_page::error_page;
use crate::web::locale::language_of;

/// 404: a page for browsers, a problem for programs.
pub(crate) async fn not_found(State(service): State<Service>, headers: HeaderMap) -> Response {
    service.unmatched.count(&Method::GET, StatusCode::NOT_FOUND, Duration::ZERO);
    let problem = Problem::new(Code::NotFound, "no route has this address; /docs lists every route");
    if accepts_html(&headers) { error_page(&problem, language_of(&headers)) } else { problem.into_response() }
}

/// 405. The router adds the header `Allow`.
pub(crate) async fn method_not_allowed(State(service): State<Service>, method: Method) -> Problem {
    service.unmatched.count(&Method::GET, StatusCode::METHOD_NOT_ALLOWED, Duration::ZERO);
    let detail = format!("{method} is not supported here; the header Allow lists the supported methods");
    Problem::new(Code::MethodNotAllowed, detail)
}
