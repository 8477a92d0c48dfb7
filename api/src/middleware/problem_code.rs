//! The stable words for what may go wrong, each with its status and title.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// Why a request was refused; the text never changes once published.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant),+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The word in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text),+ }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status),+ }
            }

            /// The kind of problem in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// A parameter or field has a value that cannot be taken.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A parameter cannot be taken";
    /// The body is no JSON.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON";
    /// The body is JSON of another shape.
    InvalidBody = "invalid_body", UNPROCESSABLE_ENTITY, "The body has another shape than expected";
    /// A rule of an audience cannot be applied.
    InvalidRule = "invalid_rule", BAD_REQUEST, "The rule cannot be applied";
    /// A rule has too many conditions or values.
    RuleTooLarge = "rule_too_large", BAD_REQUEST, "The rule has too many conditions or values";
    /// A rule or a request selects people by a sensitive topic.
    SensitiveTopic = "sensitive_topic", BAD_REQUEST, "Nobody is selected by a sensitive topic";
    /// No valid credentials came with the request.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in or send a valid key";
    /// The caller is known and may not do this.
    Forbidden = "forbidden", FORBIDDEN, "Not allowed for this role";
    /// The browser says that another site sent the request.
    CrossSite = "cross_site", FORBIDDEN, "The request came from another site";
    /// No such route.
    NotFound = "not_found", NOT_FOUND, "There is nothing at this address";
    /// No such item in the snapshot.
    UnknownItem = "unknown_item", NOT_FOUND, "The item is not known";
    /// No such member, or none whom the caller may see.
    UnknownMember = "unknown_member", NOT_FOUND, "The member is not known";
    /// No such report.
    UnknownReport = "unknown_report", NOT_FOUND, "There is no report of this name";
    /// The route exists for other methods.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The address does not take this method";
    /// The client took too long to send its request.
    SlowRequest = "slow_request", REQUEST_TIMEOUT, "The request arrived too slowly";
    /// The answer took too long.
    Timeout = "timeout", GATEWAY_TIMEOUT, "The answer took too long";
    /// The body is longer than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is of a media type that is not read.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// The key asks more often than it may.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// Every place for long computations is taken.
    Busy = "busy", SERVICE_UNAVAILABLE, "Too many long computations at once";
    /// Nothing has been published yet.
    NoSnapshot = "no_snapshot", SERVICE_UNAVAILABLE, "Nothing has been published yet";
    /// The service cannot take requests, for the causes named.
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "Not ready";
    /// A report cannot be made yet.
    ReportUnavailable = "report_unavailable", SERVICE_UNAVAILABLE, "The report cannot be made now";
    /// There is no room for what was sent.
    DiskFull = "disk_full", INSUFFICIENT_STORAGE, "There is no room on the disk";
    /// Events could not be written to disk.
    NotStored = "not_stored", SERVICE_UNAVAILABLE, "The events could not be stored";
    /// A fault of the service.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The service failed";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
