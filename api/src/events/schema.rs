//! Schemas of events and of the response to them.

use serde::Deserialize;
use utoipa::ToSchema;

/// Events, at most 1,000.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EventsRequest {
    /// The events, in any order.
    #[schema(max_items = 1000)]
    pub events: Vec<Event>,
}

/// Types of events.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// An article was read.
    Read,
    /// An item was shared.
    Share,
    /// An item was shown in a list.
    Shown,
    /// A member signed up.
    SignUp,
    /// A sign-up was cancelled.
    Cancel,
    /// A member checked in.
    CheckIn,
    /// The member follows the account.
    Follow,
    /// The member unfollows the account.
    Unfollow,
    /// The member refuses personalised lists.
    OptOut,
    /// The member allows personalised lists again.
    OptIn,
    /// The member gives feedback.
    Feedback,
    /// The openid belongs to the member. Requires both ids.
    Bind,
}

/// An event. Fields that do not belong to its type are ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Event {
    /// Id of the event. Without it, type, member, item and second identify the event.
    pub event_id: Option<String>,
    /// Type of the event.
    #[schema(value_type = EventType)]
    pub r#type: String,
    /// Id of the member. This or `openid` is required.
    pub member_id: Option<String>,
    /// Openid of the member.
    pub openid: Option<String>,
    /// Id of the item. Required except for events about the member only; optional for feedback.
    pub item_id: Option<String>,
    /// Time: RFC 3339, a local time in the configured zone, or seconds or milliseconds since 1970.
    #[schema(value_type = Instant, example = "2026-11-22T08:30:00+08:00")]
    pub at: serde_json::Value,
    /// `read`: seconds spent.
    pub dwell_seconds: Option<f64>,
    /// `read`: share of the article that was read, 0 to 1.
    pub read_fraction: Option<f64>,
    /// `read`, `share`: channel.
    pub channel: Option<String>,
    /// `shown`: position in the list.
    pub position: Option<i64>,
    /// `shown`: snapshot of the list.
    pub version: Option<String>,
    /// `shown`: the item's `propensity` in the list, above 0 and at most 1.
    pub propensity: Option<f64>,
    /// `shown`: the item's `explored` in the list.
    pub explored: Option<bool>,
    /// `sign_up`: id of the sign-up.
    pub sign_up_id: Option<String>,
    /// `sign_up`: number of tickets; 1 if missing.
    pub tickets: Option<u32>,
    /// `sign_up`: number of children.
    pub children: Option<u32>,
    /// `sign_up`: `registered`, or `waitlisted` if the member waits for a seat.
    pub status: Option<String>,
    /// `feedback`: 1 (bad) to 5 (good).
    pub rating: Option<i64>,
    /// `feedback`: text.
    pub text: Option<String>,
}

/// A time as text or number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Instant {
    /// RFC 3339, or a local time in the configured zone.
    Text(String),
    /// Seconds or milliseconds since 1970.
    Number(i64),
}

/// The result for the events of a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsTaken {
    /// Number of stored events.
    pub accepted: usize,
    /// Number of events received before.
    pub duplicates: usize,
    /// Invalid events.
    pub rejected: Vec<RejectedEvent>,
    /// What the sender should correct although the events were accepted.
    #[serde(default)]
    pub warnings: Vec<EventWarning>,
}

/// A warning about accepted events.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventWarning {
    /// Stable code for programs: `dated_ahead`.
    #[schema(example = "dated_ahead")]
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// An invalid event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedEvent {
    /// Index in the request, from 0.
    pub index: usize,
    /// Stable code for programs: `unknown_type`, `missing_actor`, `missing_item`, `bad_time`, `future_time`, `bad_id`,
    /// `too_long`, `bad_number`, `out_of_range`, `bad_text`, `bad_choice` or `bad_json`.
    #[schema(example = "bad_time")]
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}
