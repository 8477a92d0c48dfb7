//! Unfinished uploads in the inbox.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Extension of an unfinished upload.
const EXTENSION: &str = ".part";

/// An unfinished upload. The file is removed on drop, whether the request ends, fails or is aborted.
pub(crate) struct PartialFile(pub(crate) PathBuf);

impl PartialFile {
    /// A new name in the inbox. Ingest skips it because it starts with a dot.
    pub(crate) fn new_in(inbox: &Path) -> Self {
        Self(inbox.join(format!(".{}{EXTENSION}", Uuid::new_v4())))
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "an unfinished upload could not be removed from the inbox");
            }
            _ => {}
        }
    }
}

/// Removes unfinished uploads that a killed process left in the inbox.
pub(crate) fn remove_all(inbox: &Path) {
    let Ok(entries) = std::fs::read_dir(inbox) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix('.').and_then(|name| name.strip_suffix(EXTENSION));
        if id.is_some_and(|id| Uuid::try_parse(id).is_ok()) {
            drop(PartialFile(entry.path()));
        }
    }
}
