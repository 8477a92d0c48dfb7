//! The id of a member or an item, as it may be asked for.

use std::borrow::Cow;

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use zhihui_data::ids::LONGEST_ID;

/// Anything but control characters.
const PATTERN: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

/// An id of 1 to [`LONGEST_ID`] characters, none of them a control character.
#[derive(Debug)]
pub struct Id;

/// An id, or nothing: an empty parameter counts as missing.
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

fn id(shortest: usize) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(shortest)).max_length(Some(LONGEST_ID));
    let about = format!("At most {LONGEST_ID} characters, none of them a control character.");
    RefOr::T(Schema::Object(text.pattern(Some(PATTERN)).description(Some(about)).build()))
}
