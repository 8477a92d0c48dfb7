//! The id of a member, as it may be asked for.

use utoipa::ToSchema;

/// An id of 1 to 256 characters, none of them a control character.
#[derive(Debug, ToSchema)]
#[schema(min_length = 1, max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
#[expect(dead_code, reason = "described to readers of the document")]
pub struct Id(String);
