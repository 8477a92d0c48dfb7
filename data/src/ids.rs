//! Ids as they come from outside, one type each, so that a member is never mistaken for an item.

use serde::{Deserialize, Serialize};

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
