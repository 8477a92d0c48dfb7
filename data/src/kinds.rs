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
            /// All values in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name used in files, responses and SQL.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text),+
                }
            }

            /// Parses an exact name. Returns `None` for any other text.
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
    /// The kind of an item. All kinds except articles are activities in the wide sense, which members sign up for.
    ItemKind {
        /// An article to read.
        Article = "article",
        /// An activity to take part in.
        Activity = "activity",
        /// A service to book.
        Service = "service",
        /// A coupon or an offer. Claiming it is a sign-up, redeeming it is an attendance.
        Product = "product",
        /// A room or a sports court.
        Venue = "venue",
    }
);

vocabulary!(
    /// A member's sex in the roster. A missing value means unknown and has no variant.
    Gender {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
    }
);

vocabulary!(
    /// The status of a sign-up.
    SignUpStatus {
        /// Has a seat.
        Registered = "registered",
        /// Is on the waiting list.
        Waitlisted = "waitlisted",
        /// The sign-up was cancelled.
        Cancelled = "cancelled",
        /// Attended.
        Attended = "attended",
        /// Had a seat and did not attend.
        NoShow = "no_show",
    }
);

impl SignUpStatus {
    /// Whether sign-ups with this status hold seats: registered and attended.
    #[must_use]
    pub fn holds_seats(self) -> bool {
        matches!(self, Self::Registered | Self::Attended)
    }

    /// Whether the sign-up was not cancelled, so that the item is not recommended again.
    #[must_use]
    pub fn is_signed_up(self) -> bool {
        !matches!(self, Self::Cancelled)
    }
}
