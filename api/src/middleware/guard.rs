//! Runs a handler within its limits: identity and role first, then the time limit; turns panics into problems, problems
//! of pages into HTML, and counts every request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use tokio::time::{Duration, Instant, timeout};
use zhihui_engine::Language;

use super::identity;
use super::problem::{Code, Problem};
use crate::auth::access::Access;
use crate::auth::caller::Caller;
use crate::computations::CALLER;
use crate::server::telemetry::RouteMetrics;
use crate::service::Service;
use crate::web::accept::{accepts_html, wants_json};
use crate::web::cookies::session_of;
use crate::web::error_page::error_page;
use crate::web::locale::{Locale, language_of};

/// The middleware of one route.
pub(crate) struct RouteGuard {
    pub(crate) service: Service,
    pub(crate) access: Access,
    /// Path template of the route, such as `/items/{id}`.
    pub(crate) route: String,
    pub(crate) metrics: RouteMetrics,
    /// Longest time for one request.
    pub(crate) time: Duration,
}

/// Who reads a problem.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// A program that knows the codes.
    Program,
    /// A person, as a page.
    Browser(Language),
    /// The script of a page, which shows the detail to a person.
    Script(Language),
}

/// Checks the caller, runs the handler and counts the response.
pub(crate) async fn guard(State(guard): State<Arc<RouteGuard>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let reader = guard.reader(request.headers());
    let mut response = match identity::identify(&guard.service, guard.access, &guard.route, &mut request).await {
        Ok(_permit) => guard.run(request, next).await,
        Err(refusal) => *refusal,
    };
    if let Some(problem) = response.extensions().get::<Problem>() {
        response = match reader {
            Reader::Program => response,
            Reader::Browser(language) => error_page(problem, language),
            Reader::Script(language) => problem.clone().in_language(Locale::new(language)).into_response(),
        };
    }
    if guard.access == Access::Link {
        let headers = response.headers_mut();
        headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let (status, took) = (response.status(), started.elapsed());
    guard.metrics.count(&method, status, took);
    tracing::debug!(route = %guard.route, %method, status = status.as_u16(), micros = took.as_micros(), "responded");
    response
}

impl RouteGuard {
    /// Who reads the problems of a request.
    fn reader(&self, headers: &HeaderMap) -> Reader {
        let has_session = session_of(headers).is_some() && !headers.contains_key(header::AUTHORIZATION);
        match wants_json(headers) {
            true if self.access.is_page() && has_session => Reader::Script(language_of(headers)),
            true => Reader::Program,
            // Pages link to files of other routes.
            false if self.access.is_page() || (has_session && accepts_html(headers)) => {
                Reader::Browser(language_of(headers))
            }
            false => Reader::Program,
        }
    }

    async fn run(&self, request: Request, next: Next) -> Response {
        let may_change = !request.method().is_safe();
        let caller = request.extensions().get::<Caller>().map(|caller| Arc::from(caller.name.as_str()));
        let handler = async {
            match caller {
                Some(caller) => CALLER.scope(caller, next.run(request)).await,
                None => next.run(request).await,
            }
        };
        match timeout(self.time, AssertUnwindSafe(handler).catch_unwind()).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => {
                tracing::error!(route = %self.route, "a handler panicked");
                Problem::new(Code::Internal, "the request failed; see the log of the service").into_response()
            }
            Err(_elapsed) => {
                let took = format!("the request took longer than {} s", self.time.as_secs());
                let problem = if may_change {
                    let detail =
                        "a change that it makes may have taken effect all the same, so look before you send it again";
                    let wording = Locale::both(|t| t.error_timeout_of_change());
                    Problem::new(Code::Timeout, format!("{took}; {detail}")).worded(wording)
                } else {
                    Problem::new(Code::Timeout, format!("{took}; ask for less, or try again later"))
                };
                problem.into_response()
            }
        }
    }
}
