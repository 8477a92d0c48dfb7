//! The rejected rows of one file as a workbook.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{fault, no_workshop};
use crate::access::Asker;
use crate::pages::html::attachment;
use crate::problem::{Code, Problem};
use crate::routes::Parameters;
use crate::service::Service;
use crate::store::Deed;

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Which file's rows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ErrorsQuery {
    /// SHA-256 of the file's content.
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    sha256: String,
    /// The contract table.
    table: String,
}

/// The rejected rows of one file in one table, as they stood there, with 错误原因 beside each.
#[utoipa::path(get, path = "/data/errors.xlsx", tag = "pages", params(ErrorsQuery),
    responses((status = 200, description = "A workbook"), (status = 404, description = "Nothing of it was rejected")))]
pub(crate) async fn workbook(
    State(service): State<Service>,
    asker: Asker,
    Parameters(query): Parameters<ErrorsQuery>,
) -> Result<Response, Problem> {
    if query.sha256.len() != 64 || !query.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::invalid("sha256", "must be 64 hexadecimal digits"));
    }
    if asker.union_id.is_some() {
        let detail = "a file may name members of every union; ask somebody who may see them all for this workbook";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let workshop = service.workshop().ok_or_else(no_workshop)?;
    asker.note(&service, Deed::Export, None, json!({ "rejects_of": query.sha256, "table": query.table })).await?;
    let _place = service.heavy().await?;
    let bytes = workshop.error_workbook(&query.sha256, &query.table).await.map_err(|error| fault(&error))?;
    let mut response = attachment(bytes, &format!("errors-{}.xlsx", query.table));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}
