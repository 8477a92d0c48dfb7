//! The first page: what is running, how fresh it is, and where to go.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::Frame;
use super::html::page;
use super::report::{grouped, local_minute};
use crate::service::Service;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: &'a Frame,
    published: Option<Published>,
    program_version: &'static str,
}

struct Published {
    version: String,
    as_of: String,
    members: String,
    items: String,
    model: String,
}

/// What is running and how fresh it is.
#[utoipa::path(get, path = "/", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn home(State(service): State<Service>, frame: Frame) -> Response {
    let published = service.staleness().map(|now| Published {
        as_of: local_minute(now.facts.as_of, now.facts.zone),
        version: now.facts.version,
        members: grouped(now.facts.members as f64, 0),
        items: grouped(now.facts.items as f64, 0),
        model: now.facts.model,
    });
    let template = HomePage { frame: &frame, published, program_version: env!("CARGO_PKG_VERSION") };
    page(StatusCode::OK, &frame, &template)
}
