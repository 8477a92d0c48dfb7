//! `[spill]` of `zhihui.toml`: temporary files of queries that need more than their memory.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::sql::SpillFolder;

/// Folder and size of temporary files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpillConfig {
    /// Absolute, or relative to the home.
    pub folder: PathBuf,
    /// Maximum size of the files of one process, in GB.
    pub max_gb: u32,
}

impl Default for SpillConfig {
    fn default() -> Self {
        Self { folder: PathBuf::from("spill"), max_gb: 100 }
    }
}

impl SpillConfig {
    /// The folder of the home at `home`.
    #[must_use]
    pub fn of_home(&self, home: &Path) -> SpillFolder {
        SpillFolder::limited(home.join(&self.folder), u64::from(self.max_gb) << 30)
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.folder.as_os_str().is_empty() {
            return Err(("folder", "must not be empty".to_owned()));
        }
        if self.max_gb == 0 {
            return Err(("max_gb", "must be above 0".to_owned()));
        }
        Ok(())
    }
}
