//! Error responses: `application/problem+json` (RFC 9457) with a stable `code`.
//!
//! The detail says what is wrong, where, and what to do. It never contains an openid, a name or a whole query string.
//! People read [`Problem::text`] of `problem_text` instead, in the language of their page.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use zhihui_engine::report::Sentence;

pub use super::problem_code::Code;

/// Media type of RFC 9457.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// An error response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// Stable code for programs.
    pub code: Code,
    /// What is wrong, where, and what to do.
    pub detail: String,
    #[serde(flatten)]
    extra: Map<String, Value>,
    /// What pages say instead of the detail; `None` for the text of the code.
    #[serde(skip)]
    pub(super) wording: Option<Box<Sentence>>,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:zhihui:problem:{}", code.as_str()),
            title: code.title(),
            status: code.status().as_u16(),
            code,
            detail: detail.into(),
            extra: Map::new(),
            wording: None,
            retry_after_seconds: None,
        }
    }

    /// A problem of a parameter or field.
    #[must_use]
    pub fn invalid(parameter: &str, what: impl std::fmt::Display) -> Self {
        Self::new(Code::InvalidParameter, format!("{parameter}: {what}")).with("parameter", parameter)
    }

    /// Adds a member for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Sets what pages say instead of the detail.
    #[must_use]
    pub(crate) fn worded(mut self, wording: Sentence) -> Self {
        self.wording = Some(Box::new(wording));
        self
    }

    /// The parameter or field that is invalid, if the problem names one.
    pub(crate) fn parameter(&self) -> Option<&str> {
        self.extra.get("parameter").and_then(Value::as_str)
    }

    /// Sets the header `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Seconds after which the request may succeed, if known.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"zhihui\""));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The schema of [`Problem`] in the OpenAPI document.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes the schema; `Problem` is serialised")]
pub(crate) struct ProblemDocument {
    /// `urn:zhihui:problem:CODE`.
    #[schema(example = "urn:zhihui:problem:invalid_parameter")]
    r#type: String,
    /// Short description of the kind of problem.
    title: String,
    /// The HTTP status.
    status: u16,
    /// Stable code for programs.
    #[schema(example = "invalid_parameter")]
    code: String,
    /// What is wrong, where, and what to do.
    detail: String,
}
