//! Downloads the rejected rows of one file as a workbook.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::jobs::JobError;
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::extract::QueryParams;
use crate::web::html::{XLSX, download};
use crate::web::locale::Locale;

/// The file and the table of the rows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ErrorsQuery {
    /// SHA-256 of the file's content.
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    sha256: String,
    /// Table of the data contract.
    table: String,
}

/// The rejected rows of one file and table as they were read, each with its 错误原因.
#[utoipa::path(get, path = "/data/errors.xlsx", tag = "pages", params(ErrorsQuery),
    responses((status = 200, description = "A workbook"), (status = 404, description = "No rejected row")))]
pub(crate) async fn workbook(
    State(service): State<Service>,
    caller: Caller,
    QueryParams(query): QueryParams<ErrorsQuery>,
) -> Result<Response, Problem> {
    if query.sha256.len() != 64 || !query.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::invalid("sha256", "must be 64 hexadecimal digits"));
    }
    if !caller.sees_all_unions() {
        let detail = "the file may name members of all unions; ask a colleague whose account is not limited";
        return Err(Problem::new(Code::Forbidden, detail).worded(Locale::both(|t| t.error_limited_to_union())));
    }
    let jobs = service.ports.data_jobs.as_ref().ok_or_else(JobError::no_pipeline)?;
    let detail = json!({ "rejects_of": query.sha256, "table": query.table });
    caller.record(&service, AuditAction::Export, None, detail).await?;
    let _permit = service.computations.acquire().await?;
    let bytes = jobs.error_workbook(&query.sha256, &query.table).await?;
    Ok(download(bytes, &format!("errors-{}.xlsx", query.table), XLSX))
}
