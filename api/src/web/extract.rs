//! Extractors of requests. Invalid input is refused as a problem.

use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use zhihui_engine::audience::Rule;

use crate::middleware::problem::{Code, Problem};
use crate::service::Service;

/// The query string.
pub(crate) struct QueryParams<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Problem::invalid("query", "not name=value pairs in UTF-8, or a name is repeated")),
        }
    }
}

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "set the header Content-Type to application/json";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let bytes = read(request, service).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            Category::Data => Problem::new(Code::InvalidBody, format!("{error}; see the schema at /docs")),
            _ if is_too_deep(&error) => {
                let detail =
                    format!("the body is nested too deeply ({error}); a rule may have {} levels", Rule::MAX_DEPTH);
                Problem::new(Code::InvalidBody, detail)
            }
            _ => Problem::new(Code::MalformedJson, format!("{error}; send one JSON object in UTF-8")),
        })
    }
}

/// Whether the body has more levels than the parser reads, 128. The parser has no category for it.
fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

/// Reads a body of at most `max` bytes within the time limit.
pub(crate) async fn read_at_most(max: usize, request: Request, service: &Service) -> Result<Vec<u8>, Problem> {
    let reading = async {
        let mut stream = request.into_body().into_data_stream();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|_| Problem::new(Code::InvalidBody, "the body ended early; send it again"))?;
            if bytes.len() + piece.len() > max {
                return Err(Problem::new(Code::BodyTooLarge, format!("at most {max} bytes")));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    let read = tokio::time::timeout(service.settings.server.body_read_timeout, reading).await;
    read.unwrap_or_else(|_| Err(too_slow()))
}

/// Reads the body within the limits of length and time.
pub(crate) async fn read(request: Request, service: &Service) -> Result<Bytes, Problem> {
    let limit = service.settings.server.body_read_timeout;
    let bytes = tokio::time::timeout(limit, Bytes::from_request(request, &()));
    match bytes.await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_long(service)),
        Ok(Err(_)) => Err(Problem::new(Code::InvalidBody, "the body ended early; send it again")),
        Err(_) => Err(too_slow()),
    }
}

fn too_long(service: &Service) -> Problem {
    let max = service.settings.limits.body_bytes;
    Problem::new(Code::BodyTooLarge, format!("at most {max} bytes; split the request"))
}

fn too_slow() -> Problem {
    Problem::new(Code::SlowRequest, "the body took too long to arrive; send it again")
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(media_type).is_some_and(|media| {
        media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
    })
}

/// The path parameters; `name` is the one to report if they are not UTF-8.
pub(crate) fn path_param<T>(name: &str, path: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    path.map(|Path(value)| value).map_err(|_| Problem::invalid(name, "must be percent-encoded UTF-8"))
}

/// The whole number of a parameter; `default` if it is missing or empty.
pub(crate) fn whole_number(
    name: &str,
    text: Option<&str>,
    default: u32,
    range: RangeInclusive<u32>,
) -> Result<u32, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        Problem::invalid(name, format!("must be a whole number from {} to {}", range.start(), range.end()))
    })
}
