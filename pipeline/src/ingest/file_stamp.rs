//! File stamps: detect without reading a file whether it is unchanged.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Size and times of a file. Unlike the modification time, programs cannot set the change time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    /// Size in bytes.
    pub bytes: i64,
    /// Modification of the content (mtime), nanoseconds since 1970.
    pub modified_ns: i64,
    /// Change of content or attributes (ctime), nanoseconds since 1970.
    pub changed_ns: i64,
}

impl FileStamp {
    /// Reads the stamp of a file.
    ///
    /// # Errors
    /// If the file's metadata cannot be read.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Ok(Self {
            bytes: i64::try_from(metadata.size()).unwrap_or(i64::MAX),
            modified_ns: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanos(metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// A file that was hashed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its stamp at that time.
    pub stamp: FileStamp,
    /// SHA-256 of its content after decompression.
    pub sha256: String,
    /// Whether it is known to have no names, phone numbers and identity numbers.
    pub has_no_personal_data: bool,
}

/// Known files by their canonical paths. They only save reading: the lake decides whether a file's rows are ingested, and a
/// file with another stamp is read again.
pub type KnownFiles = BTreeMap<PathBuf, KnownFile>;
