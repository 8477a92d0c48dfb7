//! The session cookie and the language cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// Cookie with the session token.
pub(crate) const SESSION_COOKIE: &str = "zhihui_session";
/// Cookie with the chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "zhihui_lang";
const ONE_YEAR_SECONDS: u32 = 365 * 24 * 3600;

/// The session token of a request.
pub(crate) fn session_of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION_COOKIE)
}

pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// Sets the session cookie, or deletes it if there is no token.
pub(crate) fn session_cookie(token: Option<&str>, max_age_seconds: i64, secure: bool) -> Option<HeaderValue> {
    let age = if token.is_some() { max_age_seconds } else { 0 };
    let secure = if secure { "; Secure" } else { "" };
    let token = token.unwrap_or_default();
    HeaderValue::try_from(format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"))
        .ok()
}

pub(crate) fn language_cookie(code: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age={ONE_YEAR_SECONDS}; SameSite=Lax")).ok()
}
