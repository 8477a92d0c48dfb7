//! Events and what became of them.

use serde::Deserialize;
use utoipa::ToSchema;

/// Events, at most 1,000.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EventsRequest {
    /// In any order; when they happened counts.
    #[schema(max_items = 1000)]
    pub events: Vec<Event>,
}

/// Types of events.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// An article was read.
    Read,
    /// Something was shared.
    Share,
    /// Something was shown in a list.
    Shown,
    /// A member signed up.
    SignUp,
    /// A sign-up was taken back.
    Cancel,
    /// A member came.
    CheckIn,
    /// The member follows the account.
    Follow,
    /// The member follows it no more.
    Unfollow,
    /// No personal lists from now on.
    OptOut,
    /// Personal lists again.
    OptIn,
    /// What a member thinks.
    Feedback,
    /// The openid is the member's; needs both ids.
    Bind,
}

/// Something that happened. Fields that a type does not know are not looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Event {
    /// The sender's own number; without one type, member, item and second make the event unique.
    pub event_id: Option<String>,
    /// What happened.
    #[schema(value_type = EventType)]
    pub r#type: String,
    /// The member; this or `openid` is needed.
    pub member_id: Option<String>,
    /// The member's WeChat id.
    pub openid: Option<String>,
    /// The article or activity; needed but for events about the member alone; feedback may be on nothing in particular.
    pub item_id: Option<String>,
    /// When: RFC 3339, a time in the union's zone, or seconds or milliseconds since 1970.
    #[schema(value_type = Instant, example = "2026-11-22T08:30:00+08:00")]
    pub at: serde_json::Value,
    /// `read`: seconds spent.
    pub dwell_seconds: Option<f64>,
    /// `read`: share of the article, 0 to 1.
    pub read_fraction: Option<f64>,
    /// `read`, `share`: where it happened.
    pub channel: Option<String>,
    /// `shown`: place in the list.
    pub position: Option<i64>,
    /// `shown`: the snapshot that made the list.
    pub version: Option<String>,
    /// `shown`: the item's `propensity` in the list, above 0 and at most 1.
    pub propensity: Option<f64>,
    /// `shown`: the item's `explored` in the list.
    pub explored: Option<bool>,
    /// `sign_up`: the sign-up's own number.
    pub sign_up_id: Option<String>,
    /// `sign_up`: tickets taken; 1 where it is missing.
    pub tickets: Option<u32>,
    /// `sign_up`: children brought.
    pub children: Option<u32>,
    /// `sign_up`: `registered`, or `waitlisted` where the member waits for a seat.
    pub status: Option<String>,
    /// `feedback`: 1 (bad) to 5 (good).
    pub rating: Option<i64>,
    /// `feedback`: the member's words.
    pub text: Option<String>,
}

/// An instant in either form.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Instant {
    /// RFC 3339, or a time in the union's zone.
    Text(String),
    /// Seconds or milliseconds since 1970.
    Number(i64),
}

/// What became of the events of a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsTaken {
    /// Events that are now on disk.
    pub accepted: usize,
    /// Events that were told before.
    pub duplicates: usize,
    /// Events that cannot be used.
    pub rejected: Vec<RejectedEvent>,
    /// What the sender should correct although the events were taken.
    #[serde(default)]
    pub warnings: Vec<EventWarning>,
}

/// Something about accepted events that the sender should correct.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventWarning {
    /// Stable word for programs: `dated_ahead`.
    #[schema(example = "dated_ahead")]
    pub code: String,
    /// What was found and what to do.
    pub message: String,
}

/// An event that cannot be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedEvent {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Stable word for programs: `unknown_type`, `missing_actor`, `missing_item`, `bad_time`, `future_time`, `bad_id`,
    /// `too_long`, `bad_number`, `out_of_range`, `bad_text`, `bad_choice` or `bad_json`.
    #[schema(example = "bad_time")]
    pub code: String,
    /// What was wrong and what to do.
    pub message: String,
}
