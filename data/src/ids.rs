//! External ids, each with its own type, so that a member is never mistaken for an item.

use serde::{Deserialize, Serialize};

/// Largest number of characters of an id, in files, events, rules and URLs.
pub const MAX_ID_CHARS: usize = 128;

/// Whether a text is a valid id: 1 to [`MAX_ID_CHARS`] characters without control characters.
#[must_use]
pub fn is_id(text: &str) -> bool {
    // A character has at most four bytes, so long texts are rejected without counting their characters.
    !text.is_empty()
        && text.len() <= 4 * MAX_ID_CHARS
        && text.chars().count() <= MAX_ID_CHARS
        && !text.chars().any(char::is_control)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text unchanged. Ids are compared byte by byte.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// The union's id of a member.
    #[derive(Debug)]
    MemberId
);
id!(
    /// A union or club.
    #[derive(Debug)]
    UnionId
);
id!(
    /// An article or an activity. Both share one id space.
    #[derive(Debug)]
    ItemId
);
id!(
    /// A member's WeChat id within one account. It is personal, so its debug form is masked.
    OpenId
);

impl std::fmt::Debug for OpenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_length_is_limited_in_characters() {
        assert!(is_id("m1") && is_id(&"会".repeat(MAX_ID_CHARS)));
        assert!(!is_id("") && !is_id(&"会".repeat(MAX_ID_CHARS + 1)) && !is_id("a\nb") && !is_id("a\u{85}b"));
    }
}
