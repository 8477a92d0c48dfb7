//! The two cookies: who is signed in, and which language was chosen.

use axum::http::{HeaderMap, HeaderValue, header};

/// Name of the cookie that holds a session's token.
pub(crate) const SESSION_COOKIE: &str = "zhihui_session";
/// Name of the cookie that holds the chosen language.
pub(super) const LANGUAGE_COOKIE: &str = "zhihui_lang";
const ONE_YEAR_SECONDS: u32 = 365 * 24 * 3600;

/// The session's token that the browser sent.
pub(crate) fn session_of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION_COOKIE)
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// Begins a session in the browser, or ends it when there is no token.
pub(super) fn session_cookie(token: Option<&str>, longest_seconds: i64, secure: bool) -> Option<HeaderValue> {
    let age = if token.is_some() { longest_seconds } else { 0 };
    let secure = if secure { "; Secure" } else { "" };
    let token = token.unwrap_or_default();
    HeaderValue::try_from(format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"))
        .ok()
}

pub(super) fn language_cookie(code: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age={ONE_YEAR_SECONDS}; SameSite=Lax")).ok()
}
