//! `GET /v1/reports/{name}`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use zhihui_engine::report::Report;

use super::source::{PeriodBound, ReportQuery, ReportSourceError};
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::recommendations::list_params::given;
use crate::schema;
use crate::service::Service;
use crate::web::extract::{QueryParams, path_param};
use crate::web::json::JsonResponse;
use crate::web::locale::Locale;

/// Years a report may cover.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// Period and filters of a report.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// First day or RFC 3339 instant of the period; the last 30 whole days if missing.
    #[param(example = "2026-11-01")]
    pub(crate) from: Option<String>,
    /// End of the period, exclusive.
    #[param(example = "2026-12-01")]
    pub(crate) to: Option<String>,
    /// Period to compare with.
    pub(crate) compare: Option<String>,
    /// Only this union subtree.
    pub(crate) union: Option<String>,
    /// Only members of this district.
    pub(crate) district: Option<String>,
    /// Only members of this age band.
    pub(crate) age_band: Option<String>,
}

/// Returns a report.
#[utoipa::path(get, path = "/v1/reports/{name}", tag = "reports",
    params(("name" = String, Path, description = "The report's name"), PeriodQuery),
    responses((status = 200, body = schema::Report)))]
pub(crate) async fn report(
    State(service): State<Service>,
    path: Result<Path<String>, PathRejection>,
    caller: Caller,
    QueryParams(period): QueryParams<PeriodQuery>,
) -> Result<JsonResponse<Report>, Problem> {
    let name: String = path_param("name", path)?;
    let mut query = report_query(&period)?;
    query.union = caller.narrow(&service, query.union).await?;
    let _permit = service.computations.acquire().await?;
    service.ports.reports.report(&name, query).await.map(JsonResponse).map_err(|error| report_problem(error, &service))
}

/// Parses period and filters.
pub(crate) fn report_query(period: &PeriodQuery) -> Result<ReportQuery, Problem> {
    let bound = |name: &str, text: Option<&str>| {
        let refuse =
            || Problem::invalid(name, "must be a day such as 2026-11-01 or an RFC 3339 instant, from 1970 to 2199");
        let in_calendar = |bound: &PeriodBound| YEARS.contains(&bound.year());
        given(text).map(|text| PeriodBound::parse(text).filter(in_calendar).ok_or_else(refuse)).transpose()
    };
    let text = |text: &Option<String>| given(text.as_deref()).map(str::to_owned);
    let query = ReportQuery {
        from: bound("from", period.from.as_deref())?,
        to: bound("to", period.to.as_deref())?,
        compare: text(&period.compare),
        union: text(&period.union),
        district: text(&period.district),
        age_band: text(&period.age_band),
    };
    match (query.from, query.to) {
        (Some(PeriodBound::Day(from)), Some(PeriodBound::Day(to))) if from >= to => {
            Err(Problem::invalid("to", "must be later than from; the period excludes this day"))
        }
        _ => Ok(query),
    }
}

/// The label of a filter.
fn filter_label(parameter: &str, t: Locale) -> &'static str {
    match parameter {
        "union" => t.reports_filter_union(),
        "district" => t.reports_filter_district(),
        "age_band" => t.reports_filter_age_band(),
        "compare" => t.reports_filter_compare(),
        _ => t.reports_choose_period(),
    }
}

/// The problem of a failed report. Internal causes go to the log.
pub(crate) fn report_problem(error: ReportSourceError, service: &Service) -> Problem {
    match error {
        ReportSourceError::Unknown(name) => {
            let known = service.ports.reports.names();
            let detail = format!("unknown report {name:?}; available reports: {}", known.join(", "));
            Problem::new(Code::UnknownReport, detail).with("known", known.to_vec())
        }
        ReportSourceError::Parameter { parameter, what } => {
            Problem::invalid(parameter, what).worded(Locale::both(|t| t.error_check_field(filter_label(parameter, t))))
        }
        ReportSourceError::NotYet(what) => Problem::new(Code::ReportUnavailable, what).retry_after(60),
        ReportSourceError::Failed(what) => {
            tracing::error!(%what, "a report failed");
            Problem::new(Code::Internal, "the report failed; see the log of the service")
        }
    }
}
