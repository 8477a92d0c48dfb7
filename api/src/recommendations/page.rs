//! How recommendations are made: a page for members, open to everybody.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::Frame;
use super::html::page;
use crate::explanation::Explanation;
use crate::service::Service;

#[derive(Template)]
#[template(path = "recommendations/page.html")]
struct HowItWorksPage<'a> {
    frame: &'a Frame,
    explanation: Explanation,
}

/// How recommendations are made, which data they use, and how to refuse them.
#[utoipa::path(get, path = "/how-it-works", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn how_it_works(State(service): State<Service>, frame: Frame) -> Response {
    let frame = Frame { band: None, ..frame };
    let explanation = Explanation::new(frame.l.0, &service.sensitive_topics());
    page(StatusCode::OK, &frame, &HowItWorksPage { frame: &frame, explanation })
}
