//! The report pages: the memo, and the page to explore all metrics and tables. Period and filters are in the URL.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};
use zhihui_engine::report::Report;

use super::filters::Filters;
use super::memo::MemoView;
use super::notes::database::{ReportNote, ReportNotes};
use super::routes::{PeriodQuery, report_problem, report_query};
use super::source::ReportSourceError;
use super::view::{ReportView, applied_filters};
use crate::auth::caller::Caller;
use crate::auth::role::Role;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::extract::QueryParams;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::numbers::period;

#[derive(Template)]
#[template(path = "reports/page.html")]
struct ReportsPage<'a> {
    layout: &'a Layout,
    name: &'a str,
    filters: Filters,
    /// The memo or the whole report as HTML.
    content: Option<String>,
    /// The period in words. Without a report, the label of the button that opens the choice of a period.
    period: String,
    /// The filters of the report in words.
    applied: Vec<String>,
    /// The notes of staff about its days. `None` where they cannot be edited.
    notes: Option<Vec<NoteRow>>,
    /// Where staff read comments; empty for others.
    comments: String,
}

/// A note about days.
struct NoteRow {
    id: String,
    text: String,
    owner: String,
    can_delete: bool,
}

/// What a page shows of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    Memo,
    Everything,
}

/// The memo: what matters, what moved, who is silent, what pushes added.
#[utoipa::path(get, path = "/reports", tag = "pages", params(PeriodQuery), responses((status = 200, description = "A page")))]
pub(crate) async fn reports(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
    QueryParams(period): QueryParams<PeriodQuery>,
) -> Result<Response, Problem> {
    show(Show::Memo, &service, &layout, &caller, &uri, period).await
}

/// All metrics and tables, with charts.
#[utoipa::path(get, path = "/reports/explore", tag = "pages", params(PeriodQuery),
    responses((status = 200, description = "A page")))]
pub(crate) async fn explore(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
    QueryParams(period): QueryParams<PeriodQuery>,
) -> Result<Response, Problem> {
    show(Show::Everything, &service, &layout, &caller, &uri, period).await
}

async fn show(
    what: Show,
    service: &Service,
    layout: &Layout,
    caller: &Caller,
    uri: &Uri,
    period_query: PeriodQuery,
) -> Result<Response, Problem> {
    let mut query = report_query(&period_query)?;
    query.union = caller.narrow(service, query.union).await?;
    let name = service.ports.reports.names().first().copied().unwrap_or_default();
    let zone = service.live.zone();
    let result = {
        let _permit = service.computations.acquire().await?;
        service.ports.reports.report(name, query).await
    };
    let report = match result {
        Ok(report) => Some(report),
        Err(ReportSourceError::NotYet(_) | ReportSourceError::Unknown(_)) => None,
        Err(error) => return Err(report_problem(error, service)),
    };
    let path = if what == Show::Memo { "/reports" } else { "/reports/explore" };
    let filters = Filters::new(path, uri, period_query, service.now(), zone, layout.t);
    let content = report.as_ref().map(|report| match what {
        Show::Memo => MemoView::new(report, layout.t, zone, &filters.on("/reports/explore")).render(),
        Show::Everything => ReportView::new(report, layout.t.language(), zone).with_script().render(),
    });
    let choose = || layout.t.reports_choose_period().to_owned();
    let period = report.as_ref().map_or_else(choose, |report| period(&report.from, &report.to, zone, layout.t));
    let applied = report.as_ref().map(|report| applied_filters(report, layout.t)).unwrap_or_default();
    // Rendering writes to memory, which cannot fail.
    let content = content.map(Result::unwrap_or_default);
    let notes = match &report {
        Some(report) if what == Show::Everything && layout.is_staff() => {
            Some(notes(service, caller, report, layout).await?)
        }
        _ => None,
    };
    let is_staff = matches!(caller.role, Role::Staff | Role::Admin);
    let comments = if is_staff { filters.on("/reports/comments") } else { String::new() };
    let template = ReportsPage { layout, name, filters, content, period, applied, notes, comments };
    Ok(page(StatusCode::OK, layout, &template))
}

/// The notes of staff about the days of a report.
async fn notes(service: &Service, caller: &Caller, report: &Report, layout: &Layout) -> Result<Vec<NoteRow>, Problem> {
    let day = |text: &str| text.parse::<DateTime<Utc>>().map(|at| service.live.zone().day(at)).unwrap_or_default();
    let union = report.filters.get("union").and_then(|union| union.as_str());
    let found = ReportNotes::new(&service.store).within(day(&report.from), day(&report.to), union).await;
    let row = |note: ReportNote| NoteRow {
        text: match note.first == note.last {
            true => layout.t.reports_day_note(note.first, &note.text),
            false => layout.t.reports_days_note(note.first, note.last, &note.text),
        },
        can_delete: note.owner == caller.name || caller.role == Role::Admin,
        owner: note.owner.strip_prefix("user ").unwrap_or(&note.owner).to_owned(),
        id: note.id,
    };
    Ok(found.map_err(StoreError::read_problem)?.into_iter().map(row).collect())
}
