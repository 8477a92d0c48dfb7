//! Requests that no route takes.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::pages;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// An address that is none of ours: a page for browsers, a problem for programs.
pub(super) async fn nothing_here(State(service): State<Service>, headers: HeaderMap) -> Response {
    service.count_unmatched(StatusCode::NOT_FOUND);
    let problem = Problem::new(Code::NotFound, "no route has this address; /docs lists every route");
    let wants_page = |value: &header::HeaderValue| value.to_str().is_ok_and(|text| text.contains("text/html"));
    if headers.get(header::ACCEPT).is_some_and(wants_page) {
        pages::failure(&problem, pages::language_of(&headers))
    } else {
        problem.into_response()
    }
}

/// An address of ours asked with another method; the header `Allow` is added by the router.
pub(super) async fn wrong_method(State(service): State<Service>, method: Method) -> Problem {
    service.count_unmatched(StatusCode::METHOD_NOT_ALLOWED);
    Problem::new(Code::MethodNotAllowed, format!("{method} is not taken here; the header Allow names what is"))
}
