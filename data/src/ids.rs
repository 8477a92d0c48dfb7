//! Ids as they come from outside, one type each, so that a member is never mistaken for an item.

use serde::{Deserialize, Serialize};

/// Longest id in characters, in files, events, rules and addresses alike.
pub const MAX_ID_CHARS: usize = 128;

/// Whether a text can be an id: 1 to [`MAX_ID_CHARS`] characters, none of them a control character.
#[must_use]
pub fn is_id(text: &str) -> bool {
    // No character takes more than four bytes, so a long text is not counted to its end.
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
            /// Takes the text as it is; ids are compared byte by byte.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id's text.
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
    /// A member, as the union numbers them.
    #[derive(Debug)]
    MemberId
);
id!(
    /// A union or club.
    #[derive(Debug)]
    UnionId
);
id!(
    /// An article or an activity; one id space for both.
    #[derive(Debug)]
    ItemId
);
id!(
    /// A member's WeChat id within one account: personal, so its debug form is masked.
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
    fn an_id_is_bounded_in_characters_whatever_its_script() {
        assert!(is_id("m1") && is_id(&"会".repeat(MAX_ID_CHARS)));
        assert!(!is_id("") && !is_id(&"会".repeat(MAX_ID_CHARS + 1)) && !is_id("a\nb") && !is_id("a\u{85}b"));
    }
}
