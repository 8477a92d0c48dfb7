//! CSRF tokens of forms.

use axum::http::HeaderMap;

use super::caller::Caller;
use super::secret::digest;
use crate::middleware::problem::{Code, Problem};
use crate::web::cookies::session_of;

/// Name of the hidden form field.
pub(crate) const FIELD: &str = "csrf";
/// Length of a token in bytes; 128 bits cannot be guessed.
const TOKEN_BYTES: usize = 16;

/// The token of a session. It is derived from the session's secret, so that it expires with the session and needs no
/// storage.
pub(crate) fn token_for(session: &str) -> String {
    hex::encode(&digest(&format!("form {session}")).as_bytes()[..TOKEN_BYTES])
}

/// Refuses a form without the token of its session. Callers with a valid API key need no token, because a browser never
/// adds a key on its own. Other `Authorization` headers do not count.
pub(crate) fn check(caller: &Caller, headers: &HeaderMap, sent: &str) -> Result<(), Problem> {
    if caller.is_key {
        return Ok(());
    }
    let own = session_of(headers).map(token_for);
    // Both are digests of a secret, so timing reveals nothing about the secret.
    if own.is_some_and(|own| own == sent) {
        return Ok(());
    }
    Err(refusal())
}

/// The refusal of a form without a valid token.
pub(crate) fn refusal() -> Problem {
    let detail = "the form is outdated or from another site; reload the page and send it again";
    Problem::new(Code::CrossSite, detail)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;
    use crate::auth::role::Role;

    #[test]
    fn only_the_token_of_its_own_session_admits_a_form() {
        let (name, source) = ("user staff".to_owned(), "unknown".to_owned());
        let caller = Caller { name, role: Role::Staff, union_id: None, source, is_key: false };
        let check = |headers: &HeaderMap, sent: &str| check(&caller, headers, sent);
        let mut headers = HeaderMap::new();
        assert!(check(&headers, &token_for("")).is_err(), "no session");
        headers.insert(header::COOKIE, HeaderValue::from_static("zhihui_session=abc"));
        assert!(check(&headers, &token_for("abc")).is_ok());
        assert!(check(&headers, &token_for("abd")).is_err());
        assert!(check(&headers, "").is_err());
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        assert!(check(&headers, "").is_err(), "Basic is not an API key");
    }
}
