//! The page for members that explains how recommendations are made.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explanation::Explanation;
use crate::service::Service;
use crate::web::html::page;
use crate::web::layout::Layout;

#[derive(Template)]
#[template(path = "recommendations/page.html")]
struct HowItWorksPage<'a> {
    layout: &'a Layout,
    explanation: Explanation,
}

/// Explains how recommendations are made, which data they use, and how to refuse them.
#[utoipa::path(get, path = "/how-it-works", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn how_it_works(State(service): State<Service>, layout: Layout) -> Response {
    let layout = Layout { banner: None, ..layout };
    let explanation = Explanation::new(layout.t, &service.live.sensitive_topics());
    page(StatusCode::OK, &layout, &HowItWorksPage { layout: &layout, explanation })
}
