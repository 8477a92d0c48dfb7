//! `/reports/comments`: what members wrote, for staff. Leaders and files of reports never get it.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::filters::Filters;
use super::routes::{PeriodQuery, report_problem, report_query};
use super::source::{MemberComment, ReportSourceError};
use crate::auth::caller::Caller;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::web::extract::QueryParams;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::numbers::minute_of;

#[derive(Template)]
#[template(path = "reports/comments.html")]
struct CommentsPage<'a> {
    layout: &'a Layout,
    filters: Filters,
    /// Label of the button that opens the choice of a period.
    period: String,
    applied: Vec<String>,
    comments: Vec<CommentView>,
}

/// A comment, formatted.
struct CommentView {
    at: String,
    about: String,
    rating: String,
    text: String,
}

/// The latest comments of members, without their authors. Staff of a union see those of its members.
#[utoipa::path(get, path = "/reports/comments", tag = "pages", params(PeriodQuery),
    responses((status = 200, description = "A page")))]
pub(crate) async fn comments(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
    QueryParams(period): QueryParams<PeriodQuery>,
) -> Result<Response, Problem> {
    let mut query = report_query(&period)?;
    query.union = caller.narrow(&service, query.union).await?;
    let found = {
        let _permit = service.computations.acquire().await?;
        service.ports.reports.comments(query).await
    };
    let found = match found {
        Ok(found) => found,
        Err(ReportSourceError::NotYet(_)) => Vec::new(),
        Err(error) => return Err(report_problem(error, &service)),
    };
    let zone = service.live.zone();
    let view = |comment: MemberComment| CommentView {
        at: minute_of(&comment.at.to_rfc3339(), zone),
        about: comment.title.or(comment.item_id).unwrap_or_else(|| layout.t.reports_the_account().to_owned()),
        rating: comment.rating.map(|rating| layout.t.reports_rated(rating)).unwrap_or_default(),
        text: comment.text,
    };
    let template = CommentsPage {
        layout: &layout,
        filters: Filters::new("/reports/comments", &uri, period, service.now(), zone, layout.t),
        period: layout.t.reports_choose_period().to_owned(),
        applied: Vec::new(),
        comments: found.into_iter().map(view).collect(),
    };
    Ok(page(StatusCode::OK, &layout, &template))
}
