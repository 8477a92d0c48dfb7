//! What handlers take from a request; what cannot be taken is refused as a problem.

use axum::Form;
use axum::body::Bytes;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use zhihui_engine::Language;

use crate::problem::{Code, Problem};
use crate::service::Service;

/// The query string.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Problem::invalid("query", "not name=value pairs, or one name twice; encode it as UTF-8")),
        }
    }
}

/// A body of JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "the header Content-Type must say application/json";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let bytes = read(request, service).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            Category::Data => Problem::new(Code::InvalidBody, format!("{error}; /docs shows the shape")),
            _ => Problem::new(Code::MalformedJson, format!("{error}; send one JSON object in UTF-8")),
        })
    }
}

/// A body of a form.
pub(crate) struct FormBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let form = Form::<T>::from_request(request, &());
        match tokio::time::timeout(service.settings().server.body_read_timeout, form).await {
            Ok(Ok(Form(form))) => Ok(Self(form)),
            Ok(Err(FormRejection::InvalidFormContentType(_))) => {
                let detail = "the header Content-Type must say application/x-www-form-urlencoded";
                Err(Problem::new(Code::UnsupportedMediaType, detail))
            }
            Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_long(service)),
            Ok(Err(_)) => {
                Err(Problem::new(Code::InvalidBody, "a field is missing, twice or of another kind; see /docs"))
            }
            Err(_) => Err(too_slow()),
        }
    }
}

/// The whole body of at most so many bytes, in bounded time.
pub(crate) async fn read_at_most(most: usize, request: Request, service: &Service) -> Result<Vec<u8>, Problem> {
    let reading = async {
        let mut stream = request.into_body().into_data_stream();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|_| Problem::new(Code::InvalidBody, "the body broke off; send it again"))?;
            if bytes.len() + piece.len() > most {
                return Err(Problem::new(Code::BodyTooLarge, format!("at most {most} bytes")));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    let read = tokio::time::timeout(service.settings().server.body_read_timeout, reading).await;
    read.unwrap_or_else(|_| Err(too_slow()))
}

/// The whole body, in bounded length and time.
async fn read(request: Request, service: &Service) -> Result<Bytes, Problem> {
    let limit = service.settings().server.body_read_timeout;
    let bytes = tokio::time::timeout(limit, Bytes::from_request(request, &()));
    match bytes.await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_long(service)),
        Ok(Err(_)) => Err(Problem::new(Code::InvalidBody, "the body broke off; send it again")),
        Err(_) => Err(too_slow()),
    }
}

fn too_long(service: &Service) -> Problem {
    let most = service.settings().limits.body_bytes;
    Problem::new(Code::BodyTooLarge, format!("at most {most} bytes; send several smaller requests"))
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

/// The language that the caller prefers of the two we speak; Chinese where the header names neither.
pub(crate) struct Spoken(pub(crate) Language);

impl<S: Sync> FromRequestParts<S> for Spoken {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self(header.map_or(Language::Zh, preferred)))
    }
}

/// The first of the languages with the highest weight (RFC 9110, 12.5.4).
fn preferred(header: &str) -> Language {
    let mut best = (0.0, Language::Zh);
    for range in header.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let language = match primary.as_str() {
            "zh" => Language::Zh,
            "en" => Language::En,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_that_we_speak_is_taken() {
        assert_eq!(preferred("en"), Language::En);
        assert_eq!(preferred("zh-CN,zh;q=0.9,en;q=0.8"), Language::Zh);
        assert_eq!(preferred("fr, en;q=0.5, zh;q=0.4"), Language::En);
        assert_eq!(preferred("en;q=0.3, zh-Hans;q=0.7"), Language::Zh);
        assert_eq!(preferred("fr, de"), Language::Zh);
        assert_eq!(preferred("en;q=nonsense"), Language::Zh);
    }
}
