//! The leaders' reports as JSON.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use zhihui_engine::report::Report;

use super::json::Answer;
use super::list::given;
use super::take::Parameters;
use crate::access::Asker;
use crate::problem::{Code, Problem};
use crate::reporting::{Moment, ReportQuery, ReportsError};
use crate::schema;
use crate::service::Service;

/// Years that a report can be about.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// What a report is asked about.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// First day or RFC 3339 instant of the period; the last 30 whole days where it is missing.
    #[param(example = "2026-11-01")]
    pub(crate) from: Option<String>,
    /// End of the period, exclusive.
    #[param(example = "2026-12-01")]
    pub(crate) to: Option<String>,
    /// What the period is compared with.
    pub(crate) compare: Option<String>,
    /// Only this union and those below it.
    pub(crate) union: Option<String>,
    /// Only members of this district.
    pub(crate) district: Option<String>,
    /// Only members of this age band.
    pub(crate) age_band: Option<String>,
}

/// One report.
#[utoipa::path(get, path = "/v1/reports/{name}", tag = "reports",
    params(("name" = String, Path, description = "The report's name"), PeriodQuery),
    responses((status = 200, body = schema::Report)))]
pub(super) async fn report(
    State(service): State<Service>,
    path: Result<Path<String>, PathRejection>,
    asker: Asker,
    Parameters(period): Parameters<PeriodQuery>,
) -> Result<Answer<Report>, Problem> {
    let Path(name) = path.map_err(|_| Problem::invalid("name", "must be UTF-8, percent-encoded"))?;
    let mut query = query_of(&period)?;
    query.union = asker.narrow(&service, query.union).await?;
    let _place = service.heavy().await?;
    service.reports().report(&name, query).await.map(Answer).map_err(|error| refusal(error, &service))
}

/// The query with its moments read.
pub(crate) fn query_of(period: &PeriodQuery) -> Result<ReportQuery, Problem> {
    let moment = |name: &str, text: Option<&str>| {
        let refuse =
            || Problem::invalid(name, "must be a day such as 2026-11-01 or an RFC 3339 instant, from 1970 to 2199");
        let in_calendar = |moment: &Moment| YEARS.contains(&moment.year());
        given(text).map(|text| Moment::parse(text).filter(in_calendar).ok_or_else(refuse)).transpose()
    };
    let text = |text: &Option<String>| given(text.as_deref()).map(str::to_owned);
    let query = ReportQuery {
        from: moment("from", period.from.as_deref())?,
        to: moment("to", period.to.as_deref())?,
        compare: text(&period.compare),
        union: text(&period.union),
        district: text(&period.district),
        age_band: text(&period.age_band),
    };
    match (query.from, query.to) {
        (Some(Moment::Day(from)), Some(Moment::Day(to))) if from >= to => {
            Err(Problem::invalid("to", "must be later than from; the period ends before this day"))
        }
        _ => Ok(query),
    }
}

/// A report's failure as the caller sees it; faults go to the log.
pub(crate) fn refusal(error: ReportsError, service: &Service) -> Problem {
    match error {
        ReportsError::Unknown(name) => {
            let known = service.reports().names();
            let detail = format!("no report {name:?}; there is: {}", known.join(", "));
            Problem::new(Code::UnknownReport, detail).with("known", known.to_vec())
        }
        ReportsError::Parameter { parameter, what } => Problem::invalid(parameter, what),
        ReportsError::NotYet(what) => Problem::new(Code::ReportUnavailable, what).retry_after(60),
        ReportsError::Failed(what) => {
            tracing::error!(%what, "a report failed");
            Problem::new(Code::Internal, "the report failed; the log of the service says why")
        }
    }
}
