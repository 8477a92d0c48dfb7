//! The closed vocabularies of the contract: item kinds, genders, sign-up statuses.

use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word used in files, answers and SQL.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text),+
                }
            }

            /// The value that `text` names exactly, `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

vocabulary!(
    /// What an item is. Everything but an article is an activity in the wide sense: one signs up for it.
    ItemKind {
        /// Something to read.
        Article = "article",
        /// Something to take part in.
        Activity = "activity",
        /// A service to book.
        Service = "service",
        /// A coupon or an offer: a claim is a sign-up, redeemed is attended.
        Product = "product",
        /// A room or a court.
        Venue = "venue",
    }
);

vocabulary!(
    /// A member's sex as the roster gives it; missing is unknown and has no variant.
    Gender {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
    }
);

vocabulary!(
    /// Where a sign-up stands.
    SignUpStatus {
        /// Has a seat.
        Registered = "registered",
        /// Waits for a seat.
        Waitlisted = "waitlisted",
        /// Gave the seat back.
        Cancelled = "cancelled",
        /// Came.
        Attended = "attended",
        /// Had a seat and did not come.
        NoShow = "no_show",
    }
);

impl SignUpStatus {
    /// Whether this status holds seats: registered and attended do.
    #[must_use]
    pub fn holds_seats(self) -> bool {
        matches!(self, Self::Registered | Self::Attended)
    }

    /// Whether the member still stands on the list, so that the item is not offered again.
    #[must_use]
    pub fn is_signed_up(self) -> bool {
        !matches!(self, Self::Cancelled)
    }
}
