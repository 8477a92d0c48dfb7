//! The page that shows the state, in Chinese or with `?lang=en` in English. Without scripts.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::shared::Simulator;
use super::super::state::overview::Overview;

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Mass sends on the page, newest first.
const MASS_SENDS: usize = 100;

#[derive(Debug, Template)]
#[template(path = "simulator/http/page.html")]
struct Page<'a> {
    is_english: bool,
    state: &'a Overview,
}

impl Page<'_> {
    /// Returns the text of the page's language.
    fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.is_english { en } else { zh }
    }
}

/// `GET /`.
pub(super) async fn page(
    State(simulator): State<Simulator>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let now = simulator.now();
    let mut overview = {
        let mut state = simulator.lock();
        state.settle(now);
        state.overview(now)
    };
    overview.mass_sends.reverse();
    overview.mass_sends.truncate(MASS_SENDS);
    let is_english = query.get("lang").is_some_and(|lang| lang == "en");
    match (Page { is_english, state: &overview }).render() {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, text).into_response()
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be rendered").into_response(),
    }
}

/// `GET /sim/style.css`.
pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("style.css")).into_response()
}
