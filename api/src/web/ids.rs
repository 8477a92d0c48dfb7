//! Ids in requests: their check, and their schema in the OpenAPI document.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use zhihui_data::ids::{MAX_ID_CHARS, is_id};

use super::extract::path_param;
use crate::middleware::problem::Problem;

/// No control characters.
const PATTERN: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

/// An id of 1 to [`MAX_ID_CHARS`] characters without control characters.
#[derive(Debug)]
pub struct Id;

/// An optional id. An empty parameter counts as missing.
#[derive(Debug)]
pub struct IdOrNothing;

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        id(1)
    }
}

impl ToSchema for Id {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Id")
    }
}

impl PartialSchema for IdOrNothing {
    fn schema() -> RefOr<Schema> {
        id(0)
    }
}

impl ToSchema for IdOrNothing {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IdOrNothing")
    }
}

fn id(min_length: usize) -> RefOr<Schema> {
    let text =
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(min_length)).max_length(Some(MAX_ID_CHARS));
    let about = format!("At most {MAX_ID_CHARS} characters without control characters.");
    RefOr::T(Schema::Object(text.pattern(Some(PATTERN)).description(Some(about)).build()))
}

/// The path parameter `id`, checked.
pub(crate) struct PathId(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = path_param("id", Path::<String>::from_request_parts(parts, state).await)?;
        check_id("id", &id).map(|()| Self(id))
    }
}

/// Refuses a text that cannot be an id. `name` is the parameter it came from.
pub(crate) fn check_id(name: &str, text: &str) -> Result<(), Problem> {
    if is_id(text) {
        return Ok(());
    }
    Err(Problem::invalid(name, format!("must be 1 to {MAX_ID_CHARS} characters without control characters")))
}
