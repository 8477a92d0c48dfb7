//! The simulator over HTTP.

mod api;
mod control;
mod page;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};

use super::interfaces;
use super::shared::Simulator;

/// Maximum length of a body: a mass send to 10,000 openids has about 320 kilobytes.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Returns all routes.
pub(super) fn router(simulator: &Simulator) -> Router {
    let mut router = Router::new();
    for interface in interfaces::all() {
        let call = move |state, method, query, body| api::call(state, interface, method, query, body);
        router = router.route(interface.path, any(call));
    }
    router
        .route("/", get(page::page))
        .route("/sim/style.css", get(page::style))
        .route("/sim/state", get(control::state))
        .route("/sim/callbacks", get(control::callbacks))
        .route("/sim/faults", post(control::faults))
        .route("/sim/mass/results", post(control::mass_results))
        .route("/sim/tokens/expire", post(control::expire_tokens))
        .route("/sim/clock/advance", post(control::advance_clock))
        .route("/sim/followers/{openid}/{action}", post(control::follower))
        .fallback(api::unknown)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(simulator.clone())
}
