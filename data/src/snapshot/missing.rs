//! Values for missing entries in the columns of a snapshot.

/// A missing index, count or age.
pub const NONE: u32 = u32::MAX;
/// A missing time.
pub const NO_TIME: i64 = i64::MIN;
