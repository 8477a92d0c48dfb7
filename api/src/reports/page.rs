//! The report page: the first report, with period and filters in the URL.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use chrono::{DateTime, Datelike, Duration, NaiveDate};
use zhihui_data::Zone;

use super::routes::{PeriodQuery, report_problem, report_query};
use super::source::ReportSourceError;
use super::view::{ReportView, render_report};
use crate::auth::caller::Caller;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::web::extract::QueryParams;
use crate::web::html::{download, page, set_page_headers};
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::minute_of;

#[derive(Template)]
#[template(path = "reports/page.html")]
struct ReportsPage<'a> {
    layout: &'a Layout,
    name: &'a str,
    query: &'a PeriodQuery,
    presets: Vec<Preset>,
    /// The query string without language and format, for links to other formats.
    same_query: String,
    view: Option<&'a ReportView>,
    period: &'a str,
}

struct Preset {
    label: &'static str,
    url: String,
    is_current: bool,
}

/// The report page. `file=html` downloads it as one file.
#[utoipa::path(get, path = "/reports", tag = "pages", params(PeriodQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn reports(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
    QueryParams(period): QueryParams<PeriodQuery>,
) -> Result<Response, Problem> {
    let mut query = report_query(&period)?;
    query.union = caller.narrow(&service, query.union).await?;
    let name = service.ports.reports.names().first().copied().unwrap_or_default();
    let zone = service.live.zone();
    let result = {
        let _permit = service.computations.acquire().await?;
        service.ports.reports.report(name, query).await
    };
    let same_query = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.starts_with("lang=") && !pair.starts_with("file="));
    let same_query = same_query.collect::<Vec<_>>().join("&");
    let report = match result {
        Ok(report) => Some(report),
        Err(ReportSourceError::NotYet(_) | ReportSourceError::Unknown(_)) => None,
        Err(error) => return Err(report_problem(error, &service)),
    };
    if let (Some(report), true) =
        (&report, uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "file=html")))
    {
        return Ok(as_file(name, report, zone, &layout));
    }
    let view = report.as_ref().map(|report| ReportView::new(report, layout.t.language(), zone));
    let presets = presets(service.now(), zone, layout.t, &period);
    let period_text = view.as_ref().map_or("", ReportView::period);
    let template = ReportsPage {
        layout: &layout,
        name,
        query: &period,
        presets,
        same_query,
        view: view.as_ref(),
        period: period_text,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

fn as_file(name: &str, report: &zhihui_engine::report::Report, zone: Zone, layout: &Layout) -> Response {
    let day = |text: &str| minute_of(text, zone).get(..10).unwrap_or_default().to_owned();
    let file_name = format!("{name}-{}-{}.html", day(&report.from), day(&report.to));
    let html = render_report(report, layout.t.language(), zone, true);
    let mut response = download(html.into_bytes(), &file_name, "text/html; charset=utf-8");
    let headers = response.headers_mut();
    set_page_headers(headers);
    // The file contains its own style sheet.
    headers.remove(header::CONTENT_SECURITY_POLICY);
    response
}

/// Common periods, in whole days before today.
fn presets(now: i64, zone: Zone, t: Locale, query: &PeriodQuery) -> Vec<Preset> {
    let today = zone.day(DateTime::from_timestamp(now, 0).unwrap_or_default());
    let month = first_of_month(today);
    let last_month = first_of_month(month - Duration::days(1));
    let year = today.with_ordinal(1).unwrap_or(today);
    let periods = [
        (t.reports_days_7(), today - Duration::days(7), today),
        (t.reports_days_30(), today - Duration::days(30), today),
        (t.reports_this_month(), month, today + Duration::days(1)),
        (t.reports_last_month(), last_month, month),
        (t.reports_this_year(), year, today + Duration::days(1)),
    ];
    let preset = |(label, from, to): (&'static str, NaiveDate, NaiveDate)| {
        let (from, to) = (from.to_string(), to.to_string());
        // Without a period the report covers the last 30 days.
        let default_from = (today - Duration::days(30)).to_string();
        let from_day = query.from.as_deref().filter(|from| !from.is_empty()).unwrap_or(&default_from);
        let to_day = query.to.as_deref().filter(|to| !to.is_empty()).map_or_else(|| today.to_string(), str::to_owned);
        let is_current = from_day == from && to_day == to;
        Preset { label, url: format!("/reports?from={from}&to={to}"), is_current }
    };
    periods.map(preset).into()
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}
