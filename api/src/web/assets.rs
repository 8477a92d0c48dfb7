//! Static files of the pages, embedded in the program.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::middleware::problem::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

const STYLESHEET: &str = "zhihui.css";
/// URLs contain a hash of the content, so browsers need not revalidate.
const CACHE_FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// URLs of the files that pages load.
#[derive(Debug, Clone)]
pub(crate) struct AssetUrls {
    pub(crate) stylesheet: String,
    /// Script of the pages.
    pub(crate) script: String,
    /// htmx, which reloads parts of pages.
    pub(crate) htmx: String,
    /// Apache `ECharts`, which draws charts.
    pub(crate) charts: String,
}

static URLS: LazyLock<AssetUrls> = LazyLock::new(|| {
    let url = |name: &str| {
        let tag = Assets::get(name).map(|file| hex::encode(&file.metadata.sha256_hash()[..6])).unwrap_or_default();
        format!("/assets/{name}?v={tag}")
    };
    AssetUrls {
        stylesheet: url(STYLESHEET),
        script: url("zhihui.js"),
        htmx: url("htmx.min.js"),
        charts: url("echarts.common.min.js"),
    }
});

/// URLs of the files that pages load.
pub(crate) fn asset_urls() -> &'static AssetUrls {
    &URLS
}

/// Text of the style sheet, for self-contained files.
pub(crate) fn stylesheet_text() -> String {
    Assets::get(STYLESHEET).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// A static file of the pages.
#[utoipa::path(get, path = "/assets/{name}", tag = "pages", params(("name" = String, Path, description = "The file")),
    responses((status = 200, description = "The file")))]
pub(crate) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = Assets::get(&name) else {
        return Problem::new(Code::NotFound, "no such file").into_response();
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
    headers.insert(header::CACHE_CONTROL, CACHE_FOREVER);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
