//! How the times of a column are written.

/// Format of the times in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// Detected for each value.
    Auto,
    /// Seconds since 1970, with optional fraction.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// Microseconds since 1970.
    UnixMicros,
    /// Nanoseconds since 1970.
    UnixNanos,
    /// A chrono format.
    Chrono(String),
}

impl TimeFormat {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "auto" => Self::Auto,
            "unix_s" => Self::UnixSeconds,
            "unix_ms" => Self::UnixMillis,
            "unix_us" => Self::UnixMicros,
            "unix_ns" => Self::UnixNanos,
            other => Self::Chrono(other.to_owned()),
        }
    }
}
