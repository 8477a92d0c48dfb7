//! What every request passes through on its way to a handler and back: who asks, may they, how long, how often.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures::FutureExt as _;
use tokio::time::{Duration, Instant, timeout};

use super::client::Client;
use crate::access::{Access, Asker, Passage, Role};
use crate::heavy::CALLER;
use crate::pages;
use crate::problem::{Code, Problem};
use crate::service::Service;
use crate::store::SignedIn;
use crate::telemetry::Meters;

/// Who is signed in; on the requests of people only.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) SignedIn);

/// The gate before one path's handlers.
pub(super) struct Edge {
    pub(super) service: Service,
    pub(super) access: Access,
    pub(super) template: String,
    pub(super) meters: Meters,
    /// How long one request may take.
    pub(super) time: Duration,
}

/// Lets a request through to its handler, or refuses it; counts it in any case.
pub(super) async fn pass(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let is_for_people = edge.access.is_page() && !wants_json(request.headers());
    let language = is_for_people.then(|| pages::language_of(request.headers()));
    let mut response = match edge.admit(&mut request).await {
        Ok(_passage) => edge.handle(request, next).await,
        Err(refused) => *refused,
    };
    if let (Some(language), Some(problem)) = (language, response.extensions().get::<Problem>()) {
        response = pages::failure(problem, language);
    }
    let (status, took) = (response.status(), began.elapsed());
    edge.meters.count(&method, status, took);
    tracing::debug!(route = %edge.template, %method, status = status.as_u16(), micros = took.as_micros(), "answered");
    response
}

impl Edge {
    async fn handle(&self, request: Request, next: Next) -> Response {
        let limit = self.time;
        let caller = request.extensions().get::<Asker>().map(|asker| Arc::from(asker.name.as_str()));
        let handled = async {
            match caller {
                Some(caller) => CALLER.scope(caller, next.run(request)).await,
                None => next.run(request).await,
            }
        };
        match timeout(limit, AssertUnwindSafe(handled).catch_unwind()).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => {
                tracing::error!(route = %self.template, "a handler panicked");
                let detail = "the request failed; the log of the service says why";
                Problem::new(Code::Internal, detail).into_response()
            }
            Err(_elapsed) => {
                let detail = format!("no answer within {} s; ask for less, or later", limit.as_secs());
                Problem::new(Code::Timeout, detail).into_response()
            }
        }
    }

    /// Who asks, and a place for the request where places are counted.
    async fn admit(&self, request: &mut Request) -> Result<Option<Passage>, Box<Response>> {
        if self.access == Access::Open {
            return Ok(None);
        }
        if let Some(text) = bearer(request.headers()) {
            let refuse = |problem: Problem| Box::new(problem.into_response());
            let (asker, passage) = self.admit_key(text, Client::of(request.extensions()).source()).map_err(refuse)?;
            self.check_scope(&asker).await.map_err(refuse)?;
            request.extensions_mut().insert(asker);
            return Ok(Some(passage));
        }
        if self.access == Access::LocalOrAdmin && Client::of(request.extensions()).may_read_metrics {
            return Ok(None);
        }
        match self.admit_person(request.method(), request.headers()).await {
            Ok(Some(person)) => {
                let (name, role, union_id) = (format!("user {}", person.name), person.role, person.union_id.clone());
                let asker =
                    Asker { name, role, union_id, source: Client::of(request.extensions()).source(), is_key: false };
                self.check_scope(&asker).await.map_err(|problem| Box::new(problem.into_response()))?;
                request.extensions_mut().insert(asker);
                request.extensions_mut().insert(Caller(person));
                Ok(None)
            }
            Ok(None) => Err(Box::new(self.turn_away(request.method(), request.uri()))),
            Err(problem) => Err(Box::new(problem.into_response())),
        }
    }

    fn admit_key(&self, text: &str, source: String) -> Result<(Asker, Passage), Problem> {
        let key = self.service.keys().find(text).ok_or_else(|| {
            let detail = "the key is not valid or has been revoked; make one with `zhihui key add`";
            Problem::new(Code::Unauthenticated, detail)
        })?;
        self.check_role(key.role)?;
        let passage = key.gate.enter().map_err(|busy| {
            let seconds = busy.after.as_secs() + u64::from(busy.after.subsec_nanos() > 0);
            tracing::warn!(key = %key.id, route = %self.template, "a key asks more often than it may");
            let detail = "this key asks more often than it may; wait as long as Retry-After says";
            Problem::new(Code::RateLimited, detail).retry_after(seconds.max(1))
        })?;
        let (name, union_id) = (format!("key {}", key.id), key.union_id.clone());
        let asker = Asker { name, role: key.role, union_id, source, is_key: true };
        Ok((asker, passage))
    }

    async fn admit_person(&self, method: &Method, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
        let Some(token) = pages::session_of(headers) else { return Ok(None) };
        let (store, settings) = (self.service.store(), &self.service.settings().sessions);
        let found = store.sessions(settings).find(token, self.service.now()).await.map_err(|error| {
            tracing::error!(%error, "a session could not be looked up");
            Problem::new(Code::Internal, "the session could not be looked up; the log of the service says why")
        })?;
        let Some(person) = found else { return Ok(None) };
        if !method.is_safe() {
            same_site(headers)?;
        }
        self.check_role(person.role)?;
        Ok(Some(person))
    }

    async fn check_scope(&self, asker: &Asker) -> Result<(), Problem> {
        if self.access.is_whole() { asker.may_use(&self.service, &self.template).await } else { Ok(()) }
    }

    fn check_role(&self, role: Role) -> Result<(), Problem> {
        if self.access.admits(role) {
            return Ok(());
        }
        let needed = self.access.documented();
        let detail = format!("the role {role} may not do this; it takes one of: {}", needed.join(", "));
        Err(Problem::new(Code::Forbidden, detail).with("roles", needed))
    }

    /// What somebody gets who is nobody we know.
    fn turn_away(&self, method: &Method, uri: &Uri) -> Response {
        if self.access.is_page() && method.is_safe() {
            return Redirect::to(&pages::sign_in_address(uri)).into_response();
        }
        let detail = "send `Authorization: Bearer KEY` with a key of `zhihui key add`, or sign in at /login";
        Problem::new(Code::Unauthenticated, detail).into_response()
    }
}

/// Refuses what a browser sends on behalf of another site.
pub(crate) fn same_site(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let own = match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == text(header::HOST),
        (None, None) => true,
    };
    let detail = "a form of another site sent this; open the page here and send it again";
    if own { Ok(()) } else { Err(Problem::new(Code::CrossSite, detail)) }
}

/// Whether a script or a program asks, which reads no page.
fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
