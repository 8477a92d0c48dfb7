//! The list of an audience as a file: what the command line writes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use serde_json::json;

use super::conditions::Asked;
use crate::access::Asker;
use crate::answering::PreviewBody;
use crate::pages::frame::Frame;
use crate::pages::html::attachment;
use crate::problem::{Code, Problem};
use crate::service::Service;
use crate::store::Deed;
use crate::workshop::{ListFormat, WorkshopError};

/// The list of an audience, arm `push` only; `format` is `csv` or `xlsx`, the rest as on the page.
///
/// An export is not a push: it counts neither against WeChat's four a month nor against the home's own caps. Ingest what was
/// sent (`pushes`). The header `X-Counted-As-Push` says so with every file.
#[utoipa::path(get, path = "/audiences/file", tag = "pages", responses((status = 200, description = "A file")))]
pub(crate) async fn list_file(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    uri: Uri,
) -> Result<Response, Problem> {
    let asked = Asked::of(&uri)?;
    let wants = |format: &str| uri.query().unwrap_or_default().split('&').any(|pair| pair == format);
    let (format, ending, media_type) = if wants("format=xlsx") {
        (ListFormat::Xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    } else {
        (ListFormat::Csv, "csv", "text/csv; charset=utf-8")
    };
    if !asked.has_target() {
        return Err(Problem::invalid("item_id", "give an item_id or a topic"));
    }
    let (body, _) = asked.body(frame.l).map_err(|what| Problem::invalid("query", what))?;
    let workshop = service.workshop().map(Arc::clone).ok_or_else(|| {
        Problem::new(Code::NotFound, "this service writes no files; use `zhihui audience --out` on the server")
    })?;
    let body = PreviewBody { within: asker.union_id.clone(), ..body };
    let (now, language) = (service.now(), frame.l.0);
    let mut detail = json!({ "item_id": body.item_id, "topic": body.topic, "rule": body.rule, "limit": body.limit,
        "hold_out": body.hold_out, "within": body.within, "purpose": body.purpose, "format": ending });
    let made = service
        .compute_until_stopped(move |live, stop| {
            let body = PreviewBody { stop: stop.clone(), ..body };
            let mut file = None;
            live.answers.audience(&body, now, language, &mut |snapshot, audience| {
                let made = workshop.list_file(snapshot, audience, format);
                file = Some((made, audience.digest(snapshot)));
            })?;
            Ok::<_, crate::answering::Unanswerable>(file)
        })
        .await??;
    let (bytes, members) = match made {
        Some((Ok(bytes), members)) => (bytes, members),
        Some((Err(error), _)) => return Err(failed(&error)),
        None => return Err(Problem::new(Code::Internal, "the list could not be made")),
    };
    // Recorded before the list is handed out; what cannot be recorded is not done.
    detail["list"] = json!(members);
    asker.note(&service, Deed::Export, None, detail).await?;
    let target = asked.item_id.as_deref().or(asked.topic.as_deref()).unwrap_or_default();
    let mut response = attachment(bytes, &format!("audience-{target}.{ending}"));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert("x-counted-as-push", HeaderValue::from_static("no"));
    Ok(response)
}

fn failed(error: &WorkshopError) -> Problem {
    tracing::error!(%error, "a list could not be written");
    Problem::new(Code::Internal, "the list could not be written; the log of the service says why")
}
