//! The leaders' page: the first report there is, with its period in the address.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use chrono::{DateTime, Datelike, Duration, NaiveDate};
use zhihui_data::Zone;

use super::frame::Frame;
use super::html::page;
use super::report::{ReportView, minute_of, render_report};
use crate::access::Asker;
use crate::problem::Problem;
use crate::reporting::ReportsError;
use crate::routes::{Parameters, PeriodQuery, query_of, refusal};
use crate::service::Service;

#[derive(Template)]
#[template(path = "reports/page.html")]
struct ReportsPage<'a> {
    frame: &'a Frame,
    name: &'a str,
    query: &'a PeriodQuery,
    presets: Vec<Preset>,
    /// The query string of this page, for links to the same report in other forms.
    same: String,
    view: Option<&'a ReportView>,
    period: &'a str,
}

struct Preset {
    label: &'static str,
    address: String,
    current: bool,
}

/// The leaders' report; `file=html` hands it out as one file.
#[utoipa::path(get, path = "/reports", tag = "pages", params(PeriodQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn reports(
    State(service): State<Service>,
    frame: Frame,
    asker: Asker,
    uri: Uri,
    Parameters(period): Parameters<PeriodQuery>,
) -> Result<Response, Problem> {
    let mut query = query_of(&period)?;
    query.union = asker.narrow(&service, query.union).await?;
    let name = service.reports().names().first().copied().unwrap_or_default();
    let zone = service.staleness().map(|now| now.facts.zone).unwrap_or_default();
    let made = {
        let _place = service.heavy().await?;
        service.reports().report(name, query).await
    };
    let same = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.starts_with("lang=") && !pair.starts_with("file="));
    let same = same.collect::<Vec<_>>().join("&");
    let report = match made {
        Ok(report) => Some(report),
        Err(ReportsError::NotYet(_) | ReportsError::Unknown(_)) => None,
        Err(error) => return Err(refusal(error, &service)),
    };
    if let (Some(report), true) =
        (&report, uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "file=html")))
    {
        return Ok(as_file(name, report, zone, &frame));
    }
    let view = report.as_ref().map(|report| ReportView::new(report, frame.l.0, zone));
    let presets = presets(service.now(), zone, &frame, &period);
    let period_text = view.as_ref().map_or("", ReportView::period);
    let template =
        ReportsPage { frame: &frame, name, query: &period, presets, same, view: view.as_ref(), period: period_text };
    Ok(page(StatusCode::OK, &frame, &template))
}

fn as_file(name: &str, report: &zhihui_engine::report::Report, zone: Zone, frame: &Frame) -> Response {
    let mut response = Response::new(render_report(report, frame.l.0, zone, true).into());
    super::html::protect(response.headers_mut());
    // The file carries its style inside.
    response.headers_mut().remove(header::CONTENT_SECURITY_POLICY);
    let day = |text: &str| minute_of(text, zone).get(..10).unwrap_or_default().to_owned();
    let disposition = format!("attachment; filename=\"{name}-{}-{}.html\"", day(&report.from), day(&report.to));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Periods that leaders ask for most, by whole days before today.
fn presets(now: i64, zone: Zone, frame: &Frame, asked: &PeriodQuery) -> Vec<Preset> {
    let today = zone.day(DateTime::from_timestamp(now, 0).unwrap_or_default());
    let month = first_of_month(today);
    let last_month = first_of_month(month - Duration::days(1));
    let year = today.with_ordinal(1).unwrap_or(today);
    let periods = [
        (frame.l.say("近 7 天", "7 days"), today - Duration::days(7), today),
        (frame.l.say("近 30 天", "30 days"), today - Duration::days(30), today),
        (frame.l.say("本月", "This month"), month, today + Duration::days(1)),
        (frame.l.say("上月", "Last month"), last_month, month),
        (frame.l.say("今年", "This year"), year, today + Duration::days(1)),
    ];
    let preset = |(label, from, to): (&'static str, NaiveDate, NaiveDate)| {
        let (from, to) = (from.to_string(), to.to_string());
        // The report of no period is that of the last 30 days.
        let usual = (today - Duration::days(30)).to_string();
        let asked_from = asked.from.as_deref().filter(|from| !from.is_empty()).unwrap_or(&usual);
        let asked_to = asked.to.as_deref().filter(|to| !to.is_empty()).map_or_else(|| today.to_string(), str::to_owned);
        let current = asked_from == from && asked_to == to;
        Preset { label, address: format!("/reports?from={from}&to={to}"), current }
    };
    periods.map(preset).into()
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}
