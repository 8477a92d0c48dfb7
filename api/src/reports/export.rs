//! `GET /v1/reports/{name}/export`: a report as a file, with the filters of the report.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use zhihui_data::Zone;
use zhihui_engine::report::Report;

use super::file::{ReportFormat, ReportWriterError};
use super::routes::{PeriodQuery, report_problem, report_query};
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::recommendations::list_params::given;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::extract::{QueryParams, path_param};
use crate::web::html::{XLSX, download};
use crate::web::locale::{language_named, language_of};
use crate::web::numbers::minute_of;

/// Format, period and filters of a file.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `xlsx`, `pdf`, `csv`, `html` or `json`.
    #[param(required, inline, pattern = "^(xlsx|pdf|csv|html|json)$")]
    format: Option<String>,
    /// Only with `csv`: the table to write, `metrics` or a name in `tables` of the report. Without it the file is a zip archive of
    /// all tables. Other formats ignore it.
    #[param(example = "daily")]
    table: Option<String>,
    /// First day or RFC 3339 instant of the period; the last 30 whole days if missing.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// End of the period, exclusive.
    #[param(example = "2026-12-01")]
    to: Option<String>,
    /// Period to compare with.
    compare: Option<String>,
    /// Only this union subtree.
    union: Option<String>,
    /// Only members of this district.
    district: Option<String>,
    /// Only members of this age band.
    age_band: Option<String>,
    /// Language of the file, `zh` or `en`; by default that of the browser. JSON has both.
    lang: Option<String>,
}

/// Returns a report as a file.
#[utoipa::path(get, path = "/v1/reports/{name}/export", tag = "reports",
    params(("name" = String, Path, description = "The report's name"), ExportQuery),
    responses((status = 200, description = "The file", content(
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Vec<u8> = "application/pdf"),
        (String = "text/csv"),
        (Vec<u8> = "application/zip"),
        (String = "text/html"),
        (crate::schema::Report = "application/json"),
    ))))]
pub(crate) async fn export(
    State(service): State<Service>,
    path: Result<Path<String>, PathRejection>,
    caller: Caller,
    headers: HeaderMap,
    QueryParams(export): QueryParams<ExportQuery>,
) -> Result<Response, Problem> {
    let name: String = path_param("name", path)?;
    let refuse = || Problem::invalid("format", "must be xlsx, pdf, csv, html or json");
    let format = given(export.format.as_deref()).and_then(ReportFormat::parse).ok_or_else(refuse)?;
    let table = given(export.table.as_deref()).filter(|_| format == ReportFormat::Csv).map(str::to_owned);
    let mut query = report_query(&export.period())?;
    query.union = caller.narrow(&service, query.union).await?;
    let Some(writer) = service.ports.report_writer.clone() else {
        return Err(Problem::new(Code::NotFound, "this service writes no files of reports"));
    };
    let _permit = service.computations.acquire().await?;
    let report = service.ports.reports.report(&name, query).await;
    let report = report.map_err(|error| report_problem(error, &service))?;
    let file_name = file_name(&name, &report, format, table.as_deref(), service.live.zone());
    let detail = json!({
        "report": name, "format": format.as_str(), "table": table, "from": report.from, "to": report.to,
        "filters": report.filters,
    });
    let media_type = media_type(format, table.is_some());
    let language = export.lang.as_deref().and_then(language_named).unwrap_or_else(|| language_of(&headers));
    let bytes = writer.write(report, format, table, language).await.map_err(writer_problem)?;
    // The audit entry is stored first. If that fails, the download fails.
    caller.record(&service, AuditAction::ReportExported, None, detail).await?;
    Ok(download(bytes, &file_name, media_type))
}

impl ExportQuery {
    fn period(&self) -> PeriodQuery {
        PeriodQuery {
            from: self.from.clone(),
            to: self.to.clone(),
            compare: self.compare.clone(),
            union: self.union.clone(),
            district: self.district.clone(),
            age_band: self.age_band.clone(),
        }
    }
}

fn media_type(format: ReportFormat, has_table: bool) -> &'static str {
    match format {
        ReportFormat::Xlsx => XLSX,
        ReportFormat::Pdf => "application/pdf",
        ReportFormat::Csv if has_table => "text/csv; charset=utf-8",
        ReportFormat::Csv => "application/zip",
        ReportFormat::Html => "text/html; charset=utf-8",
        ReportFormat::Json => "application/json",
    }
}

/// Report, first and last day, and table.
fn file_name(name: &str, report: &Report, format: ReportFormat, table: Option<&str>, zone: Zone) -> String {
    let day = |text: &str| minute_of(text, zone).get(..10).unwrap_or_default().to_owned();
    let table = table.map(|table| format!("-{table}")).unwrap_or_default();
    let ending = match format {
        ReportFormat::Csv if table.is_empty() => "zip",
        _ => format.as_str(),
    };
    format!("{name}-{}-{}{table}.{ending}", day(&report.from), day(&report.to))
}

fn writer_problem(error: ReportWriterError) -> Problem {
    match error {
        ReportWriterError::UnknownTable { known } => {
            let detail = format!("table: the report has no such table; use one of: {}", known.join(", "));
            Problem::new(Code::UnknownTable, detail).with("parameter", "table").with("known", known)
        }
        ReportWriterError::Unavailable(what) => Problem::new(Code::FileUnavailable, what),
        ReportWriterError::Failed(what) => {
            tracing::error!(%what, "a file of a report failed");
            Problem::new(Code::Internal, "the file failed; see the log of the service")
        }
    }
}
