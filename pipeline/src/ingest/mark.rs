//! Marks of files: what tells without reading a file whether it is the one that was read before.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Size and times of a file. The time of change is the system's own and cannot be set by whoever writes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark {
    /// Bytes on the disk.
    pub bytes: i64,
    /// When its content was changed, nanoseconds since 1970.
    pub modified_ns: i64,
    /// When its content or its attributes were changed, nanoseconds since 1970.
    pub changed_ns: i64,
}

impl FileMark {
    /// The mark of a file as it lies there.
    ///
    /// # Errors
    /// The system's.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let about = std::fs::metadata(path)?;
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Ok(Self {
            bytes: i64::try_from(about.size()).unwrap_or(i64::MAX),
            modified_ns: nanos(about.mtime(), about.mtime_nsec()),
            changed_ns: nanos(about.ctime(), about.ctime_nsec()),
        })
    }
}

/// A file whose content was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its mark when it was read.
    pub mark: FileMark,
    /// SHA-256 of its content, of text after decompression.
    pub sha256: String,
    /// Whether it is known to have no column with names, phone numbers or identity numbers of people.
    pub names_nobody: bool,
}

/// Files that were hashed before, by their canonical paths. They only save work: whether a file's rows are in the lake is
/// asked of the lake each time, and a file with another mark is read again.
pub type KnownFiles = BTreeMap<PathBuf, KnownFile>;
