//! Files that pages need, from inside the program.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::problem::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

const STYLESHEET: &str = "zhihui.css";
/// The address changes with the content, so a browser need not ask again.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Addresses of the files that pages name.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) stylesheet: String,
    /// Our own script.
    pub(super) script: String,
    /// htmx, which fetches parts of pages.
    pub(super) htmx: String,
    /// Apache `ECharts`, which draws.
    pub(super) charts: String,
}

static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let address = |name: &str| {
        let tag = Assets::get(name).map(|file| hex::encode(&file.metadata.sha256_hash()[..6])).unwrap_or_default();
        format!("/assets/{name}?v={tag}")
    };
    Addresses {
        stylesheet: address(STYLESHEET),
        script: address("zhihui.js"),
        htmx: address("htmx.min.js"),
        charts: address("echarts.common.min.js"),
    }
});

/// Where the files that pages name are found.
pub(super) fn addresses() -> &'static Addresses {
    &ADDRESSES
}

/// Text of the style sheet, for files that must stand alone.
pub(super) fn stylesheet_text() -> String {
    Assets::get(STYLESHEET).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// A style sheet or picture of the pages.
#[utoipa::path(get, path = "/assets/{name}", tag = "pages", params(("name" = String, Path, description = "The file")),
    responses((status = 200, description = "The file")))]
pub(crate) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Assets::get(&name) else {
        return Problem::new(Code::NotFound, "the pages have no such file").into_response();
    };
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(file.data)) };
    let media_type = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "txt")) => "text/plain; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
