//! The token that a form of ours carries and a form of another site cannot know.

use axum::http::HeaderMap;

use super::cookies::session_of;
use crate::access::{Asker, digest};
use crate::problem::{Code, Problem};

/// Name of the hidden field.
pub(crate) const FIELD: &str = "csrf";
/// Bytes of the digest that are sent: 128 bits cannot be guessed.
const BYTES: usize = 16;

/// The token of a session; it is made from the session's secret, so it ends with it and nothing need be kept.
pub(super) fn token_for(session: &str) -> String {
    hex::encode(&digest(&format!("form {session}")).as_bytes()[..BYTES])
}

/// Refuses a form that does not carry the token of the session that sends it. A caller with a valid key needs none, because
/// no browser adds a key on its own; any other `Authorization` header changes nothing.
pub(crate) fn check(asker: &Asker, headers: &HeaderMap, sent: &str) -> Result<(), Problem> {
    if asker.is_key {
        return Ok(());
    }
    let own = session_of(headers).map(token_for);
    // Both are digests of a secret; a difference in timing tells nothing of the secret itself.
    if own.is_some_and(|own| own == sent) {
        return Ok(());
    }
    Err(refusal())
}

/// What a form without the token gets.
pub(crate) fn refusal() -> Problem {
    let detail = "the form is older than the session, or not ours; open the page again and send it again";
    Problem::new(Code::CrossSite, detail)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;
    use crate::access::Role;

    #[test]
    fn a_form_passes_with_the_token_of_its_own_session_alone() {
        let (name, source) = ("user staff".to_owned(), "unknown".to_owned());
        let asker = Asker { name, role: Role::Staff, union_id: None, source, is_key: false };
        let check = |headers: &HeaderMap, sent: &str| check(&asker, headers, sent);
        let mut headers = HeaderMap::new();
        assert!(check(&headers, &token_for("")).is_err(), "nobody is signed in");
        headers.insert(header::COOKIE, HeaderValue::from_static("zhihui_session=abc"));
        assert!(check(&headers, &token_for("abc")).is_ok());
        assert!(check(&headers, &token_for("abd")).is_err());
        assert!(check(&headers, "").is_err());
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        assert!(check(&headers, "").is_err(), "another header is no key");
    }
}
