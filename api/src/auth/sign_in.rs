//! Sign-in and sign-out: verifies passwords, locks out after too many failures, and sets the session cookie.

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::role::Role;
use super::sign_in_guard::NewLock;
use super::sign_in_url::local_path;
use crate::middleware::client::Client;
use crate::middleware::problem::{Code, Problem};
use crate::middleware::same_site::check_same_site;
use crate::service::Service;
use crate::store::audit::NewAuditEntry;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::store::users::UserInfo;
use crate::web::cookies::{session_cookie, session_of};
use crate::web::extract::read_at_most;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::numbers::local_minute;
use crate::web::url::url_with_query;

/// Maximum length of a name that is looked up, in bytes: 64 characters of up to 4 bytes.
const MAX_NAME_BYTES: usize = 256;
/// Maximum length of the form in bytes.
const MAX_FORM_BYTES: usize = 4 * 1024;
/// Stands for all names that no account can have when failures are counted.
const IMPOSSIBLE_NAME: &str = "\u{1}";

#[derive(Template)]
#[template(path = "auth/sign_in.html")]
struct SignInPage<'a> {
    layout: &'a Layout,
    next: &'a str,
    name: &'a str,
    error: Option<String>,
}

impl SignInPage<'_> {
    /// Where the form is sent. A path that is too long for the form is part of the URL.
    fn action(&self) -> String {
        if self.is_long() { url_with_query("/login", [("next", self.next)]) } else { "/login".to_owned() }
    }

    fn is_long(&self) -> bool {
        self.next.len() > MAX_FORM_BYTES / 8
    }
}

/// The sign-in form.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SignInForm {
    /// Name of the account.
    #[serde(alias = "username", alias = "user")]
    name: String,
    /// Password of the account.
    #[schema(format = Password)]
    password: String,
    /// Path of this service to go to afterwards.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct NextQuery {
    #[serde(default)]
    next: String,
}

/// The sign-in page.
#[utoipa::path(get, path = "/login", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn sign_in_form(layout: Layout, uri: Uri) -> Response {
    let next = next_of(&uri);
    let layout = Layout { banner: None, ..layout };
    page(StatusCode::OK, &layout, &SignInPage { layout: &layout, next: local_path(&next), name: "", error: None })
}

fn next_of(uri: &Uri) -> String {
    Query::<NextQuery>::try_from_uri(uri).map(|query| query.0.next).unwrap_or_default()
}

/// Starts a session: sets the cookie and redirects to `next`.
#[utoipa::path(post, path = "/login", tag = "pages",
    request_body(content = SignInForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Signed in"), (status = 401, description = "Wrong name or password"),
        (status = 413, description = "Longer than 4 KiB"),
        (status = 429, description = "Too many wrong passwords")))]
pub(crate) async fn sign_in(
    State(service): State<Service>,
    layout: Layout,
    request: Request,
) -> Result<Response, Problem> {
    check_same_site(request.headers())?;
    let client = Client::of(request.extensions());
    let source = client.source();
    let secure = service.settings.sessions.secure_cookie || client.is_encrypted;
    // A long path is part of the URL, because the form is limited.
    let in_url = next_of(request.uri());
    let mut form = read_form(request, &service).await?;
    if form.next.is_empty() {
        form.next = in_url;
    }
    let settings = &service.settings.sessions;
    let now = service.now();
    let (status, error) = match verify(&service, &form, &source, now).await? {
        SignInResult::Success { user, failures } => {
            tracing::info!(user = %user.name, "signed in");
            let detail = serde_json::json!({ "failures_before": failures });
            record(&service, &user.name, Some(user.role), &source, (AuditAction::SignIn, detail)).await?;
            let sessions = service.store.sessions(settings);
            let token = sessions.start(&user.name, service.now()).await.map_err(StoreError::read_problem)?;
            let cookie = session_cookie(Some(token.reveal()), settings.longest_seconds, secure);
            return Ok(redirect_with_cookie(local_path(&form.next), cookie));
        }
        SignInResult::WrongPassword => (StatusCode::UNAUTHORIZED, layout.t.auth_wrong_password().to_owned()),
        SignInResult::Locked { seconds } => {
            let minutes = seconds.max(1).div_euclid(60) + i64::from(seconds.rem_euclid(60) > 0);
            // Rounded up, so that the lock has ended at that minute.
            let until = local_minute(now + seconds + 59, service.live.zone());
            let until = until.get(11..).unwrap_or(&until);
            (StatusCode::TOO_MANY_REQUESTS, layout.t.auth_locked(minutes, until))
        }
    };
    let layout = Layout { banner: None, ..layout };
    let template = SignInPage { layout: &layout, next: local_path(&form.next), name: &form.name, error: Some(error) };
    Ok(page(status, &layout, &template))
}

/// Ends the session.
#[utoipa::path(post, path = "/logout", tag = "pages", responses((status = 303, description = "Signed out")))]
pub(crate) async fn sign_out(State(service): State<Service>, request: Request) -> Result<Response, Problem> {
    let client = Client::of(request.extensions());
    let headers = request.headers();
    check_same_site(headers)?;
    let settings = &service.settings.sessions;
    if let Some(token) = session_of(headers) {
        let sessions = service.store.sessions(settings);
        if let Some(user) = sessions.find(token, service.now()).await.map_err(StoreError::read_problem)? {
            let action = (AuditAction::SignOut, serde_json::json!({}));
            record(&service, &user.name, Some(user.role), &client.source(), action).await?;
        }
        sessions.end(token).await.map_err(StoreError::write_problem)?;
    }
    let secure = settings.secure_cookie || client.is_encrypted;
    Ok(redirect_with_cookie("/login", session_cookie(None, 0, secure)))
}

enum SignInResult {
    /// The password is correct, after this many wrong ones from the same address.
    Success {
        user: UserInfo,
        failures: u32,
    },
    WrongPassword,
    /// No attempt is allowed for this many seconds.
    Locked {
        seconds: i64,
    },
}

/// Verifies name and password. While a lock holds, nothing is verified or written. A wrong password is only counted; the
/// one that sets a lock is recorded.
async fn verify(service: &Service, form: &SignInForm, source: &str, now: i64) -> Result<SignInResult, Problem> {
    let settings = &service.settings.sessions;
    let network = network_of(source);
    let name = form.name.trim();
    let is_possible = !name.is_empty() && name.len() <= MAX_NAME_BYTES;
    let counted_name = if is_possible { name } else { IMPOSSIBLE_NAME };
    let attempt = match service.auth.sign_ins.begin(counted_name, &network, settings, now) {
        Ok(attempt) => attempt,
        Err(seconds) => return Ok(SignInResult::Locked { seconds }),
    };
    let _permit = service.computations.acquire_sign_in().await?;
    let user = service.store.users().verify(name, &form.password).await.map_err(StoreError::read_problem)?;
    if let Some(user) = user {
        return Ok(SignInResult::Success { user, failures: attempt.succeed() });
    }
    for lock in attempt.fail(settings, now) {
        store_lock(service, &lock, source, now).await?;
    }
    Ok(SignInResult::WrongPassword)
}

/// Stores and records a lock. Names without an account are not stored, because they may be passwords typed by mistake.
async fn store_lock(service: &Service, new: &NewLock, source: &str, now: i64) -> Result<(), Problem> {
    let users = service.store.users();
    let name = new.lock.name.as_str();
    let is_account = !name.is_empty() && users.exists(name).await.map_err(StoreError::read_problem)?;
    tracing::warn!(address = %new.lock.address, failures = new.failures, "sign-in locked after wrong passwords");
    if is_account || name.is_empty() {
        users.store_lock(&new.lock, new.until, now).await.map_err(StoreError::write_problem)?;
        service.auth.sign_ins.mark_stored(&new.lock);
    }
    let locked = match (name.is_empty(), new.lock.address.is_empty()) {
        (false, false) => "name at address",
        (false, true) => "name",
        (true, _) => "address",
    };
    let detail = serde_json::json!({ "locked": locked, "failures": new.failures, "until": new.until });
    let actor = if is_account { name } else { "unknown" };
    record(service, actor, None, source, (AuditAction::SignInLocked, detail)).await
}

async fn record(
    service: &Service,
    name: &str,
    role: Option<Role>,
    source: &str,
    (action, detail): (AuditAction, serde_json::Value),
) -> Result<(), Problem> {
    let actor = format!("user {}", name.trim());
    let entry = NewAuditEntry { at: service.now(), actor: &actor, role, source, action, member_id: None, detail };
    service.store.audit().append(&entry).await.map_err(StoreError::write_problem)
}

/// The key failures of an address are counted under: the address itself or, for IPv6, the /64 network of one customer
/// (RFC 6177).
fn network_of(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.to_string(),
            None => std::net::Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).to_string(),
        },
        _ => address.to_owned(),
    }
}

/// Reads the form from a URL-encoded or a JSON body.
async fn read_form(request: Request, service: &Service) -> Result<SignInForm, Problem> {
    let media_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = media_type.starts_with("application/json");
    let bytes = read_at_most(MAX_FORM_BYTES, request, service).await?;
    let form = if is_json {
        serde_json::from_slice(&bytes).ok()
    } else {
        let mut form = Request::post("/login").body(Body::from(bytes)).unwrap_or_default();
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        form.headers_mut().insert(header::CONTENT_TYPE, media_type);
        Form::<SignInForm>::from_request(form, &()).await.ok().map(|form| form.0)
    };
    form.ok_or_else(|| Problem::new(Code::InvalidBody, "send name and password as a form or as JSON"))
}

fn redirect_with_cookie(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_ipv6_addresses_count_by_network() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network_of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!((network_of("192.0.2.1"), network_of("unknown")), ("192.0.2.1".to_owned(), "unknown".to_owned()));
    }
}
