//! What a client accepts, by its `Accept` header.

use axum::http::{HeaderMap, header};

/// Whether the client prefers JSON to a page.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// Whether the client is a browser.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("text/html")))
}
