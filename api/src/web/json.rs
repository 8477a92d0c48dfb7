//! JSON responses.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::middleware::problem::{Code, Problem};

/// Enough for a list of ten items with reasons, so that the buffer seldom grows.
const INITIAL_BYTES: usize = 4096;

/// A JSON response that must not be cached.
pub(crate) struct JsonResponse<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for JsonResponse<T> {
    fn into_response(self) -> Response {
        let mut bytes = Vec::with_capacity(INITIAL_BYTES);
        if let Err(error) = serde_json::to_writer(&mut bytes, &self.0) {
            tracing::error!(%error, "a response could not be serialised");
            return Problem::new(Code::Internal, "the response could not be serialised").into_response();
        }
        let mut response = Response::new(Body::from(bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
