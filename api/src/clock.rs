//! The clock that the program hands in; nothing below it asks the system for the time of day.

use std::sync::Arc;

/// Tells the present instant in seconds since 1970 in UTC.
///
/// Latencies, timeouts and rate limits are measured by the runtime's own timer, not by this clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
