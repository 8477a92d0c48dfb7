//! Signing in and out.

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cookies::{session_cookie, session_of};
use super::frame::Frame;
use super::html::page;
use super::report::local_minute;
use crate::access::{NewLock, Role};
use crate::problem::{Code, Problem};
use crate::routes::{Client, read_at_most, same_site};
use crate::service::Service;
use crate::store::{Deed, Note, StoreError, UserInfo};

/// Longest name that is looked up, in bytes: 64 characters.
const LONGEST_NAME_BYTES: usize = 256;
/// Longest form in bytes.
const LONGEST_FORM: usize = 4 * 1024;
/// Counted in the place of a name that no account can have.
const IMPOSSIBLE_NAME: &str = "\u{1}";

#[derive(Template)]
#[template(path = "auth/sign_in.html")]
struct SignInPage<'a> {
    frame: &'a Frame,
    next: &'a str,
    name: &'a str,
    complaint: Option<String>,
}

/// What the form sends.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SignInForm {
    /// The account's name.
    #[serde(alias = "username", alias = "user")]
    name: String,
    /// Its password.
    #[schema(format = Password)]
    password: String,
    /// Where to go then: a path of this service.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The address of the sign-in page that leads back to `from`.
pub(crate) fn sign_in_address(from: &Uri) -> String {
    let target = from.path_and_query().map_or("/", |target| target.as_str());
    if target == "/" {
        return "/login".to_owned();
    }
    let encoded: String = target.bytes().map(percent_encoded).collect();
    format!("/login?next={encoded}")
}

fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// A path of this service, never another site: `//elsewhere` and `/\elsewhere` are addresses of hosts to a browser.
fn own_path(next: &str) -> &str {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if own { next } else { "/" }
}

/// The page where people sign in.
#[utoipa::path(get, path = "/login", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn sign_in_form(frame: Frame, uri: Uri) -> Response {
    let next = Query::<Next>::try_from_uri(&uri).map(|query| query.0.next).unwrap_or_default();
    let frame = Frame { band: None, ..frame };
    page(StatusCode::OK, &frame, &SignInPage { frame: &frame, next: own_path(&next), name: "", complaint: None })
}

/// Begins a session: a cookie, and a redirection to where the person was going.
#[utoipa::path(post, path = "/login", tag = "pages",
    request_body(content = SignInForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Signed in"), (status = 401, description = "Wrong name or password"),
        (status = 413, description = "Longer than 4 KiB"),
        (status = 429, description = "Too many wrong passwords")))]
pub(crate) async fn sign_in(
    State(service): State<Service>,
    frame: Frame,
    request: Request,
) -> Result<Response, Problem> {
    same_site(request.headers())?;
    let client = Client::of(request.extensions());
    let source = client.source();
    let secure = service.settings().sessions.secure_cookie || client.is_encrypted;
    let form = form_of(request, &service).await?;
    let settings = &service.settings().sessions;
    let now = service.now();
    let verdict = verdict_on(&service, &form, &source, now).await?;
    let (status, complaint) = match verdict {
        Verdict::Welcome { person, failures } => {
            tracing::info!(user = %person.name, "signed in");
            note(
                &service,
                &person.name,
                Some(person.role),
                &source,
                (Deed::SignIn, serde_json::json!({ "failures_before": failures })),
            )
            .await?;
            let sessions = service.store().sessions(settings);
            let token = sessions.begin(&person.name, service.now()).await.map_err(fault)?;
            let cookie = session_cookie(Some(token.reveal()), settings.longest_seconds, secure);
            return Ok(redirected(own_path(&form.next), cookie));
        }
        Verdict::Wrong => {
            let zh = "名称或密码不对。请检查后重试。";
            (
                StatusCode::UNAUTHORIZED,
                frame.l.say(zh, "The name or the password is wrong. Check them and try again.").to_owned(),
            )
        }
        Verdict::Locked { seconds } => {
            let minutes = seconds.max(1).div_euclid(60) + i64::from(seconds.rem_euclid(60) > 0);
            let zone = service.staleness().map(|now| now.facts.zone).unwrap_or_default();
            // The minute after, so that it holds when it has come.
            let until = local_minute(now + seconds + 59, zone);
            let until = until.get(11..).unwrap_or(&until);
            let zh = format!("密码连续输错太多次,请 {minutes} 分钟后({until} 起)再试。");
            let en = format!("Too many wrong passwords. Try again in {minutes} minutes, from {until} on.");
            (StatusCode::TOO_MANY_REQUESTS, frame.l.say(&zh, &en).to_owned())
        }
    };
    let frame = Frame { band: None, ..frame };
    let template =
        SignInPage { frame: &frame, next: own_path(&form.next), name: &form.name, complaint: Some(complaint) };
    Ok(page(status, &frame, &template))
}

/// The result of a try to sign in.
enum Verdict {
    /// The person, after so many wrong passwords from the same address.
    Welcome {
        person: UserInfo,
        failures: u32,
    },
    Wrong,
    /// No further try for so many seconds.
    Locked {
        seconds: i64,
    },
}

/// Verifies a name and a password. While a lock holds nothing is verified or written; a wrong password is only counted,
/// and the one that locks is recorded.
async fn verdict_on(service: &Service, form: &SignInForm, source: &str, now: i64) -> Result<Verdict, Problem> {
    let settings = &service.settings().sessions;
    let network = network_of(source);
    let name = form.name.trim();
    let is_possible = !name.is_empty() && name.len() <= LONGEST_NAME_BYTES;
    let counted = if is_possible { name } else { IMPOSSIBLE_NAME };
    let attempt = match service.sign_ins().begin(counted, &network, settings, now) {
        Ok(attempt) => attempt,
        Err(seconds) => return Ok(Verdict::Locked { seconds }),
    };
    let _place = service.sign_in_place().await?;
    if let Some(person) = service.store().users().verify(name, &form.password).await.map_err(fault)? {
        return Ok(Verdict::Welcome { person, failures: attempt.succeed() });
    }
    for new in attempt.fail(settings, now) {
        keep_lock(service, &new, source, now).await?;
    }
    Ok(Verdict::Wrong)
}

/// Records a lock. A name that no account has is not kept: it may be anything, a password too.
async fn keep_lock(service: &Service, new: &NewLock, source: &str, now: i64) -> Result<(), Problem> {
    let users = service.store().users();
    let name = new.lock.name.as_str();
    let is_known = !name.is_empty() && users.exists(name).await.map_err(fault)?;
    tracing::warn!(address = %new.lock.address, failures = new.failures, "wrong passwords locked a sign-in");
    if is_known || name.is_empty() {
        users.keep_lock(&new.lock, new.until, now).await.map_err(fault)?;
        service.sign_ins().note_stored(&new.lock);
    }
    let what = match (name.is_empty(), new.lock.address.is_empty()) {
        (false, false) => "name at address",
        (false, true) => "name",
        (true, _) => "address",
    };
    let detail = serde_json::json!({ "locked": what, "failures": new.failures, "until": new.until });
    let actor = if is_known { name } else { "unknown" };
    note(service, actor, None, source, (Deed::SignInLocked, detail)).await
}

async fn note(
    service: &Service,
    name: &str,
    role: Option<Role>,
    source: &str,
    (deed, detail): (Deed, serde_json::Value),
) -> Result<(), Problem> {
    let actor = format!("user {}", name.trim());
    let note = Note { at: service.now(), actor: &actor, role, source, deed, member_id: None, detail };
    service.store().audit().append(&note).await.map_err(fault)
}

/// What failures of an address count for: the address, or in version 6 the network of one customer (RFC 6177).
fn network_of(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.to_string(),
            None => std::net::Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).to_string(),
        },
        _ => address.to_owned(),
    }
}

/// Ends the session.
#[utoipa::path(post, path = "/logout", tag = "pages", responses((status = 303, description = "Signed out")))]
pub(crate) async fn sign_out(State(service): State<Service>, request: Request) -> Result<Response, Problem> {
    let source = Client::of(request.extensions()).source();
    let headers = request.headers();
    same_site(headers)?;
    let settings = &service.settings().sessions;
    if let Some(token) = session_of(headers) {
        let (sessions, now) = (service.store().sessions(settings), service.now());
        if let Some(person) = sessions.find(token, now).await.map_err(fault)? {
            let what = (Deed::SignOut, serde_json::json!({}));
            note(&service, &person.name, Some(person.role), &source, what).await?;
        }
        sessions.end(token).await.map_err(fault)?;
    }
    let secure = settings.secure_cookie || Client::of(request.extensions()).is_encrypted;
    Ok(redirected("/login", session_cookie(None, 0, secure)))
}

/// The form from a body of either kind that clients send.
async fn form_of(request: Request, service: &Service) -> Result<SignInForm, Problem> {
    let media_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = media_type.starts_with("application/json");
    let bytes = read_at_most(LONGEST_FORM, request, service).await?;
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

fn redirected(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err, which hands it over")]
fn fault(error: StoreError) -> Problem {
    tracing::error!(%error, "accounts could not be read");
    Problem::new(Code::Internal, "accounts could not be read; the log of the service says why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(own_path("/reports?from=2026-11-01"), "/reports?from=2026-11-01");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb", "/\t/evil.example"]
        {
            assert_eq!(own_path(elsewhere), "/");
        }
    }

    #[test]
    fn addresses_of_version_6_count_by_network() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network_of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!((network_of("192.0.2.1"), network_of("unknown")), ("192.0.2.1".to_owned(), "unknown".to_owned()));
    }

    #[test]
    fn the_way_back_is_kept_in_one_parameter() {
        let from: Uri = "/reports?from=2026-11-01&to=2026-12-01".parse().expect("an address");
        assert_eq!(sign_in_address(&from), "/login?next=/reports%3Ffrom%3D2026-11-01%26to%3D2026-12-01");
        assert_eq!(sign_in_address(&Uri::from_static("/")), "/login");
    }
}
