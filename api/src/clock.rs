//! Time as the program passes it in. Nothing in this crate reads the system clock.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};

/// Returns the current time in seconds since 1970 in UTC.
///
/// Latencies, timeouts and rate limits use the timer of the runtime instead.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Formats seconds since 1970 as RFC 3339 in UTC.
pub(crate) fn rfc3339(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
