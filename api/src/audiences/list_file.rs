//! Downloads an audience as a list of members.

use axum::extract::State;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use serde_json::json;

use super::form::AudienceForm;
use super::list_writer::ListFormat;
use super::saved_routes::saved_rules;
use crate::auth::caller::Caller;
use crate::exclusions::applied::exclusions_of;
use crate::live::audience_query::AudienceQuery;
use crate::live::query_error::QueryError;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::html::{XLSX, download};
use crate::web::layout::Layout;
use crate::web::locale::Locale;

/// The members of an audience to push to, without the hold-out. `format` is `csv` or `xlsx`; the other parameters are
/// those of the page.
///
/// A download is not a push: it counts neither against WeChat's four pushes a month nor against the caps of the home.
/// Ingest the pushes that were sent (`pushes`). Every file carries the header `X-Counted-As-Push: no`.
#[utoipa::path(get, path = "/audiences/file", tag = "pages", responses((status = 200, description = "A file")))]
pub(crate) async fn list_file(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let form = AudienceForm::load(&service, &caller, &uri).await?;
    let is_xlsx = uri.query().unwrap_or_default().split('&').any(|pair| pair == "format=xlsx");
    let (format, extension, media_type) =
        if is_xlsx { (ListFormat::Xlsx, "xlsx", XLSX) } else { (ListFormat::Csv, "csv", "text/csv; charset=utf-8") };
    if !form.has_target() {
        let problem = Problem::invalid("item_id", "give an item_id or a topic");
        return Err(problem.worded(Locale::both(|t| t.audiences_no_target())));
    }
    let query = form.complete_query(layout.t)?;
    let writer = service.ports.list_writer.clone().ok_or_else(|| {
        let detail = "this service writes no files; run `zhihui audience --out` on the server";
        Problem::new(Code::NotFound, detail).worded(Locale::both(|t| t.error_no_files()))
    })?;
    let mut query = AudienceQuery { within: caller.union_id.clone(), saved: saved_rules(&service).await?, ..query };
    query.exclusions = exclusions_of(&service, &query, false).await?;
    let (now, language) = (service.now(), layout.t.language());
    let mut detail = json!({ "item_id": query.item_id, "topic": query.topic, "rule": query.rule, "limit": query.limit,
        "hold_out": query.hold_out, "exclude": query.exclude, "selection": query.selection, "within": query.within,
        "purpose": query.purpose, "format": extension });
    let written = service
        .compute_cancellable(move |live, cancel| {
            let query = AudienceQuery { cancel: cancel.clone(), ..query };
            let mut file = None;
            live.engine.audience(&query, now, language, &mut |snapshot, audience| {
                file = Some((writer.write(snapshot, audience, format), audience.digest(snapshot)));
            })?;
            Ok::<_, QueryError>(file)
        })
        .await??;
    let (bytes, digest) = match written {
        Some((Ok(bytes), digest)) => (bytes, digest),
        Some((Err(error), _)) => {
            tracing::error!(%error, "a list could not be written");
            return Err(Problem::new(Code::Internal, "the list could not be written; see the log of the service"));
        }
        None => return Err(Problem::new(Code::Internal, "the audience could not be selected")),
    };
    // The audit entry is stored first. If that fails, the download fails.
    detail["list"] = json!(digest);
    caller.record(&service, AuditAction::Export, None, detail).await?;
    let target = form.item_id.as_deref().or(form.topic.as_deref()).unwrap_or_default();
    let mut response = download(bytes, &format!("audience-{target}.{extension}"), media_type);
    response.headers_mut().insert("x-counted-as-push", HeaderValue::from_static("no"));
    Ok(response)
}
