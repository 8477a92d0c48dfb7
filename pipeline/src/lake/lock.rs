//! The single writer: an operating-system lock that a dead process cannot keep.

/// Held while a process writes to the lake; the lock ends with it.
#[derive(Debug)]
pub struct LakeLock {
    _file: std::fs::File,
}
