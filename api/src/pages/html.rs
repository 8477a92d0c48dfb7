//! Pages as responses, with the headers that keep them safe.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cookies::language_cookie;
use super::frame::Frame;
use crate::problem::{Code, Problem};

/// Nothing but our own files: no script at all, no inline style, in no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A rendered page.
pub(super) fn page(status: StatusCode, frame: &Frame, template: &impl Template) -> Response {
    let text = match template.render() {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return Problem::new(Code::Internal, "the page could not be rendered").into_response();
        }
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    protect(headers);
    if let Some(cookie) = frame.chosen.then(|| language_cookie(frame.l.say("zh", "en"))).flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// The headers of every page.
pub(super) fn protect(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
