//! The codes of problems, each with its HTTP status and title.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// Code of a problem. The text of a released code never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant),+
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// Text of the code in responses.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text),+ }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status),+ }
            }

            /// Short description of the kind of problem.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// A parameter or field is invalid.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "Invalid parameter";
    /// The body is not JSON.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON";
    /// The body is JSON, but does not match the schema.
    InvalidBody = "invalid_body", UNPROCESSABLE_ENTITY, "The body does not match the schema";
    /// The rule of an audience is invalid.
    InvalidRule = "invalid_rule", BAD_REQUEST, "Invalid rule";
    /// The rule has too many conditions or values.
    RuleTooLarge = "rule_too_large", BAD_REQUEST, "The rule has too many conditions or values";
    /// Too few members of a seed can be compared with others.
    TooFewSeeds = "too_few_seeds", BAD_REQUEST, "Too few seed members";
    /// The rule or request selects people by a sensitive topic.
    SensitiveTopic = "sensitive_topic", BAD_REQUEST, "Sensitive topics cannot select people";
    /// The request has no valid credentials.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in or send a valid key";
    /// The caller may not do this.
    Forbidden = "forbidden", FORBIDDEN, "Not allowed for this role";
    /// A callback is not from WeChat, or is for another account.
    WrongSignature = "wrong_signature", FORBIDDEN, "The signature of the callback is wrong";
    /// The request comes from another site.
    CrossSite = "cross_site", FORBIDDEN, "The request came from another site";
    /// No such route.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The snapshot has no such item.
    UnknownItem = "unknown_item", NOT_FOUND, "Unknown item";
    /// No such member, or the caller may not see the member.
    UnknownMember = "unknown_member", NOT_FOUND, "Unknown member";
    /// No such push list, or the caller may not see it.
    UnknownPushList = "unknown_push_list", NOT_FOUND, "Unknown push list";
    /// No such saved audience, or the caller may not see it.
    UnknownAudience = "unknown_audience", NOT_FOUND, "Unknown saved audience";
    /// The saved audience has no figures of this day, or its lists are not kept any more.
    UnknownDay = "unknown_day", NOT_FOUND, "Unknown day of a saved audience";
    /// No such exclusion list, or the caller may not see it.
    UnknownExclusionList = "unknown_exclusion_list", NOT_FOUND, "Unknown exclusion list";
    /// The state of the push list does not allow the step.
    WrongState = "wrong_state", CONFLICT, "The state of the push list does not allow this";
    /// The state of the allocation does not allow the step.
    AllocationState = "allocation_state", CONFLICT, "The state of the allocation does not allow this";
    /// A person approves the own push list.
    OwnApproval = "own_approval", FORBIDDEN, "A push list is approved by another person";
    /// The audience has too few members for the request.
    AudienceTooSmall = "audience_too_small", CONFLICT, "The audience has too few members";
    /// The saved audience is used elsewhere.
    AudienceInUse = "audience_in_use", CONFLICT, "The saved audience is in use";
    /// The saved audience was changed in the meantime.
    AudienceChanged = "audience_changed", CONFLICT, "The saved audience was changed in the meantime";
    /// No such invitation to a team for the member.
    UnknownInvitation = "unknown_invitation", NOT_FOUND, "Unknown invitation";
    /// The member is in no such team.
    UnknownTeam = "unknown_team", NOT_FOUND, "Unknown team";
    /// The member has no such block.
    UnknownBlock = "unknown_block", NOT_FOUND, "Unknown block";
    /// The activity has no teams, or is over.
    NoTeams = "no_teams", CONFLICT, "The activity has no teams";
    /// The member is not matched for the activity.
    NotMatched = "not_matched", CONFLICT, "The member is not matched";
    /// The invitation or the team does not allow the action.
    InvitationState = "invitation_state", CONFLICT, "The invitation does not allow this";
    /// The member has too many open invitations.
    TooManyInvitations = "too_many_invitations", CONFLICT, "Too many open invitations";
    /// No such report.
    UnknownReport = "unknown_report", NOT_FOUND, "Unknown report";
    /// No link to a report has this address, or the caller may not revoke it.
    UnknownReportLink = "unknown_report_link", NOT_FOUND, "Unknown link to a report";
    /// The link to a report has expired or was revoked.
    ReportLinkEnded = "report_link_ended", GONE, "The link to a report has ended";
    /// The caller has too many valid links to reports.
    TooManyReportLinks = "too_many_report_links", CONFLICT, "Too many links to reports";
    /// No such note about days, or the caller may not delete it.
    UnknownReportNote = "unknown_report_note", NOT_FOUND, "Unknown note about days";
    /// The report has no such table.
    UnknownTable = "unknown_table", UNPROCESSABLE_ENTITY, "Unknown table of a report";
    /// The machine cannot write files of this format.
    FileUnavailable = "file_unavailable", SERVICE_UNAVAILABLE, "The file cannot be made on this machine";
    /// The route does not support the method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// The client took too long to send its request.
    SlowRequest = "slow_request", REQUEST_TIMEOUT, "The request arrived too slowly";
    /// The response took too long.
    Timeout = "timeout", GATEWAY_TIMEOUT, "The response took too long";
    /// The body is longer than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The media type of the body is not supported.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The key exceeds its rate limit.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// Too many long computations are in progress.
    Busy = "busy", SERVICE_UNAVAILABLE, "Too many long computations";
    /// Nothing has been published yet.
    NoSnapshot = "no_snapshot", SERVICE_UNAVAILABLE, "Nothing has been published yet";
    /// The service cannot handle requests, for the listed causes.
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "Not ready";
    /// The report cannot be made yet.
    ReportUnavailable = "report_unavailable", SERVICE_UNAVAILABLE, "The report is not available yet";
    /// The disk is full.
    DiskFull = "disk_full", INSUFFICIENT_STORAGE, "The disk is full";
    /// Events could not be stored.
    NotStored = "not_stored", SERVICE_UNAVAILABLE, "The events could not be stored";
    /// The service failed.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The service failed";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
