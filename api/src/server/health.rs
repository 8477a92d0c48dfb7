//! Routes for operators: liveness, readiness and metrics.

use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::telemetry::Load;
use crate::events::writer::EventWriter;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::web::json::JsonResponse;

/// Response of a ready service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    ready: bool,
    /// Name of the published snapshot.
    version: String,
    /// `as_of` of the snapshot, RFC 3339.
    as_of: String,
    /// Seconds since `as_of`.
    age_seconds: i64,
    /// Whether the snapshot is too old. It still serves.
    stale: bool,
}

/// Whether the process responds.
#[utoipa::path(get, path = "/livez", tag = "operators", responses((status = 200, body = String)))]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether requests can be served and events stored; 503 lists the causes. The check accesses no disk.
#[utoipa::path(get, path = "/readyz", tag = "operators",
    responses((status = 200, body = Ready), (status = 503, description = "Not ready, with `causes`")))]
pub(crate) async fn readyz(State(service): State<Service>) -> Response {
    let mut causes = Vec::new();
    if service.stopping.load(Ordering::Relaxed) {
        causes.push(json!({ "code": "stopping", "message": "the service is stopping" }));
    }
    if let Some(message) = service.free_space.problem() {
        causes.push(json!({ "code": "disk_full", "message": message }));
    }
    let staleness = service.staleness();
    if let Some(why) = service.live.refusal() {
        causes.push(json!({ "code": "behind", "message": why }));
    } else if staleness.is_none() {
        causes.push(json!({ "code": "no_snapshot", "message": "no snapshot has been published; run `zhihui run`" }));
    }
    match staleness {
        Some(now) if causes.is_empty() => JsonResponse(Ready {
            ready: true,
            as_of: now.info.as_of_text(),
            version: now.info.version,
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

/// Metrics in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "operators", responses((status = 200, body = String)))]
pub(crate) async fn metrics(State(service): State<Service>) -> impl IntoResponse {
    service.refresh_snapshot_metrics();
    service.telemetry.set_load(&Load {
        events_waiting: service.events.get().map_or(0, EventWriter::queued),
        long_computations: service.computations.running(),
    });
    let media_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, media_type)], service.telemetry.render())
}
