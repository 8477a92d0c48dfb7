//! Downloads an allocation as a file.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::database::Allocations;
use super::error::AllocationError;
use crate::audiences::list_writer::ListFormat;
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::extract::{QueryParams, path_param};
use crate::web::html::{XLSX, download};
use crate::web::locale::Locale;

/// Which allocation, and in which format.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileQuery {
    /// Id of the allocation.
    allocation: String,
    /// `csv` or `xlsx`; CSV if missing.
    #[param(inline, pattern = "^(csv|xlsx)$")]
    format: Option<String>,
}

/// The sign-ups of an activity with their results, in order.
#[utoipa::path(get, path = "/items/{id}/allocation/file", tag = "pages", operation_id = "allocation_file",
    params(("id" = String, Path, description = "The activity's id"), FileQuery),
    responses((status = 200, description = "A file"), (status = 404, description = "No such allocation"),
        (status = 409, description = "The draw is not held yet")))]
pub(crate) async fn file(
    State(service): State<Service>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    QueryParams(query): QueryParams<FileQuery>,
) -> Result<Response, Problem> {
    let item_id: String = path_param("id", path)?;
    let (format, extension, media_type) = match query.format.as_deref() {
        None | Some("csv") => (ListFormat::Csv, "csv", "text/csv; charset=utf-8"),
        Some("xlsx") => (ListFormat::Xlsx, "xlsx", XLSX),
        Some(_) => return Err(Problem::invalid("format", "must be csv or xlsx")),
    };
    let writer = service.ports.list_writer.clone().ok_or_else(|| {
        let detail = "this service writes no files; run `zhihui allocate --out` on the server";
        Problem::new(Code::NotFound, detail).worded(Locale::both(|t| t.error_no_files()))
    })?;
    let allocations = Allocations::new(&service.store);
    let record = allocations.get(&item_id, &query.allocation).await?;
    let grants = allocations.grants(&record.id).await?;
    let rows = grants.len();
    let allocation = record.result(grants).ok_or(AllocationError::NotAllocated)?;
    let written = service.compute(move |_| writer.write_allocation(&allocation, format)).await?;
    let bytes = written.map_err(|error| {
        tracing::error!(%error, "an allocation could not be written");
        Problem::new(Code::Internal, "the list could not be written; see the log of the service")
    })?;
    let detail = json!({ "allocation": record.id, "activity_id": item_id, "format": extension, "rows": rows });
    caller.record(&service, AuditAction::Export, None, detail).await?;
    Ok(download(bytes, &format!("allocation-{item_id}.{extension}"), media_type))
}
