//! Identifies the caller by API key or session, and checks role, rate limit and union.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::client::Client;
use super::problem::{Code, Problem};
use super::rate_limit::RateLimitPermit;
use super::same_site::check_same_site;
use crate::auth::access::Access;
use crate::auth::caller::{Caller, SignedInUser};
use crate::auth::role::Role;
use crate::auth::sign_in_url::sign_in_url;
use crate::service::Service;
use crate::store::error::StoreError;
use crate::store::sessions::SessionUser;
use crate::web::cookies::session_of;

/// Adds the [`Caller`] to the request. Returns the permit of the caller's rate limit, if there is one.
pub(crate) async fn identify(
    service: &Service,
    access: Access,
    route: &str,
    request: &mut Request,
) -> Result<Option<RateLimitPermit>, Box<Response>> {
    let refuse = |problem: Problem| Box::new(problem.into_response());
    if matches!(access, Access::Open | Access::Link) {
        return Ok(None);
    }
    let client = Client::of(request.extensions());
    if let Some(key) = bearer(request.headers()) {
        let (caller, permit) = by_key(service, access, route, key, client.source()).map_err(refuse)?;
        check_union(service, access, route, &caller).await.map_err(refuse)?;
        request.extensions_mut().insert(caller);
        return Ok(Some(permit));
    }
    if access == Access::LocalOrAdmin && client.may_read_metrics {
        return Ok(None);
    }
    match by_session(service, access, request.method(), request.headers()).await.map_err(refuse)? {
        Some(user) => {
            let (name, role, union_id) = (format!("user {}", user.name), user.role, user.union_id.clone());
            let caller = Caller { name, role, union_id, source: client.source(), is_key: false };
            check_union(service, access, route, &caller).await.map_err(refuse)?;
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(SignedInUser(user));
            Ok(None)
        }
        None => Err(Box::new(unauthenticated(access, request.method(), request.headers(), request.uri()))),
    }
}

fn by_key(
    service: &Service,
    access: Access,
    route: &str,
    key: &str,
    source: String,
) -> Result<(Caller, RateLimitPermit), Problem> {
    let key = service.auth.keys.find(key).ok_or_else(|| {
        let detail = "the key is invalid or revoked; create one with `zhihui key add`";
        Problem::new(Code::Unauthenticated, detail)
    })?;
    check_role(access, key.role)?;
    let permit = key.rate_limit.acquire().map_err(|limited| {
        let seconds = limited.retry_after.as_secs() + u64::from(limited.retry_after.subsec_nanos() > 0);
        tracing::warn!(key = %key.id, %route, "a key exceeds its rate limit");
        let detail = "this key exceeds its rate limit; wait for the seconds in Retry-After";
        Problem::new(Code::RateLimited, detail).retry_after(seconds.max(1))
    })?;
    let (name, union_id) = (format!("key {}", key.id), key.union_id.clone());
    Ok((Caller { name, role: key.role, union_id, source, is_key: true }, permit))
}

async fn by_session(
    service: &Service,
    access: Access,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<SessionUser>, Problem> {
    let Some(token) = session_of(headers) else { return Ok(None) };
    let sessions = service.store.sessions(&service.settings.sessions);
    let Some(user) = sessions.find(token, service.now()).await.map_err(StoreError::read_problem)? else {
        return Ok(None);
    };
    if !method.is_safe() {
        check_same_site(headers)?;
    }
    check_role(access, user.role)?;
    Ok(Some(user))
}

async fn check_union(service: &Service, access: Access, route: &str, caller: &Caller) -> Result<(), Problem> {
    if access.needs_all_unions() { caller.require_all_unions(service, route).await } else { Ok(()) }
}

fn check_role(access: Access, role: Role) -> Result<(), Problem> {
    if access.admits(role) {
        return Ok(());
    }
    let required = access.role_names();
    let detail = format!("the role {role} may not do this; required is one of: {}", required.join(", "));
    Err(Problem::new(Code::Forbidden, detail).with("roles", required))
}

fn unauthenticated(access: Access, method: &Method, headers: &HeaderMap, uri: &Uri) -> Response {
    if access.is_page() && headers.contains_key("hx-request") {
        return sign_in_of_script(method, headers, uri);
    }
    if access.is_page() && method.is_safe() {
        return Redirect::to(&sign_in_url(uri)).into_response();
    }
    // A form leads back to its page. Programs send no such header.
    if let Some(page) = url_of(headers, header::REFERER.as_str()).filter(|_| access.is_page()) {
        return Redirect::to(&sign_in_url(&page)).into_response();
    }
    let detail = "send `Authorization: Bearer KEY` with a key of `zhihui key add`, or sign in at /login";
    Problem::new(Code::Unauthenticated, detail).into_response()
}

/// Leads the whole page to the sign-in if a script requested a part of it. The way back is the request itself, which
/// contains what was filled in, or else the URL of the page.
fn sign_in_of_script(method: &Method, headers: &HeaderMap, uri: &Uri) -> Response {
    let back = match url_of(headers, "hx-current-url") {
        Some(current) if !method.is_safe() || current.path() != uri.path() => current,
        _ => uri.clone(),
    };
    // Not a problem: the guard would make a page of it, without this header.
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    if let Ok(url) = HeaderValue::try_from(sign_in_url(&back)) {
        response.headers_mut().insert("hx-redirect", url);
    }
    response
}

fn url_of(headers: &HeaderMap, name: &str) -> Option<Uri> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
