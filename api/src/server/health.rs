//! For operators: is it alive, is it ready, how does it do.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::json::Answer;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// What a ready service says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    ready: bool,
    /// Name of the published snapshot.
    version: String,
    /// The instant whose state it is, RFC 3339.
    as_of: String,
    /// Seconds since then.
    age_seconds: i64,
    /// Whether that is longer than it should be; an old snapshot still answers.
    stale: bool,
}

/// Whether the process answers at all; asks nothing else.
#[utoipa::path(get, path = "/livez", tag = "operators", responses((status = 200, body = String)))]
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether requests can be answered and events kept; 503 names the causes. It waits for nothing and looks at no disk.
#[utoipa::path(get, path = "/readyz", tag = "operators",
    responses((status = 200, body = Ready), (status = 503, description = "Not ready, with `causes`")))]
pub(super) async fn readyz(State(service): State<Service>) -> Response {
    let mut causes = Vec::new();
    if service.is_stopping() {
        causes.push(json!({ "code": "stopping", "message": "the service is stopping" }));
    }
    if let Some(message) = service.free_space().complaint() {
        causes.push(json!({ "code": "disk_full", "message": message }));
    }
    let staleness = service.staleness();
    if staleness.is_none() {
        causes.push(json!({ "code": "no_snapshot", "message": "no snapshot has been published; run `zhihui run`" }));
    }
    match staleness {
        Some(now) if causes.is_empty() => Answer(Ready {
            ready: true,
            as_of: now.facts.as_of_text(),
            version: now.facts.version,
            age_seconds: now.age_seconds,
            stale: now.stale,
        })
        .into_response(),
        _ => not_ready(causes),
    }
}

fn not_ready(causes: Vec<serde_json::Value>) -> Response {
    let names: Vec<&str> = causes.iter().filter_map(|cause| cause["message"].as_str()).collect();
    let detail = names.join("; ");
    Problem::new(Code::NotReady, detail).with("ready", false).with("causes", causes).retry_after(5).into_response()
}

/// Counters and histograms in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operators", responses((status = 200, body = String)))]
pub(super) async fn metrics(State(service): State<Service>) -> impl IntoResponse {
    service.refresh_gauges();
    service.refresh_load();
    let media_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, media_type)], service.telemetry().render())
}
