//! HTML responses with their security headers, and downloads.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cookies::language_cookie;
use super::layout::Layout;
use super::url::percent_encode;
use crate::middleware::problem::{Code, Problem};

/// Allows only files of this service: no inline script, no inline style, no framing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
                                       img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                                       frame-ancestors 'none'";

/// Media type of Excel workbooks.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Renders a page.
pub(crate) fn page(status: StatusCode, layout: &Layout, template: &impl Template) -> Response {
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
    set_page_headers(headers);
    if let Some(cookie) = layout.language_chosen.then(|| language_cookie(layout.t.code())).flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// Sets the headers of every page.
fn set_page_headers(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A file that the browser saves under this name.
pub(crate) fn download(bytes: Vec<u8>, name: &str, media_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    if let Some(disposition) = attachment(name) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `Content-Disposition` with an ASCII name for old clients and the exact name beside it (RFC 6266).
fn attachment(name: &str) -> Option<HeaderValue> {
    let ascii: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' })
        .collect();
    HeaderValue::try_from(format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", percent_encode(name))).ok()
}
