//! Rejects state-changing requests that a browser sends for another site.

use axum::http::{HeaderMap, header};

use super::problem::{Code, Problem};

/// Checks `Sec-Fetch-Site`, or `Origin` where the browser does not send it. Requests without either pass, because they
/// do not come from a browser.
pub(crate) fn check_same_site(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let is_same = match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == text(header::HOST),
        (None, None) => true,
    };
    let detail = "the form was sent from another site; open the page here and send it again";
    if is_same { Ok(()) } else { Err(Problem::new(Code::CrossSite, detail)) }
}
