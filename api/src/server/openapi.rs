//! The OpenAPI document and its offline viewer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use utoipa_swagger_ui::Config;

use crate::middleware::problem::{Code, Problem};
use crate::service::Service;

const URL: &str = "/openapi.json";
/// The viewer sets styles in its script, and uses icons from `data:` URLs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operators",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(crate) async fn document(State(service): State<Service>) -> Response {
    let Some(bytes) = service.openapi.get().cloned() else {
        return Problem::new(Code::Internal, "the document is not ready yet; try again").into_response();
    };
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
}

/// The viewer at `/docs`, embedded in the program.
pub(crate) fn viewer() -> Router<Service> {
    let config = Arc::new(Config::from(URL).validator_url("none"));
    let file = move |path: String| {
        let config = Arc::clone(&config);
        async move { serve(&path, config) }
    };
    let index = file.clone();
    Router::new()
        .route("/docs", get(async || Redirect::to("/docs/")))
        .route("/docs/", get(move || index(String::new())))
        .route("/docs/{*path}", get(move |Path(path): Path<String>| file(path)))
        .layer(CompressionLayer::new())
}

fn serve(path: &str, config: Arc<Config<'static>>) -> Response {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(path, config) else {
        return Problem::new(Code::NotFound, "the viewer has no such file; open /docs").into_response();
    };
    let mut response = Response::new(Body::from(file.bytes.into_owned()));
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::from_str(&file.content_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    if file.gzpipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
