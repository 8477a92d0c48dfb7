//! Snapshots that another machine published: takes them into `published/`, and says from when they are served.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use zhihui_data::snapshot::Manifest;

use super::{FILE, KeptSnapshot, PublishError, PublishedFolder, io};
use crate::lake::{make_folder, replace_file};

/// The file with the time from which services serve a snapshot.
const SERVE_FROM: &str = "serve-from";

impl PublishedFolder {
    /// Returns the path of the bytes of a snapshot.
    #[must_use]
    pub fn file_of(&self, version: &str) -> PathBuf {
        self.folder.join(version).join(FILE)
    }

    /// Creates the folder of a snapshot and notes from when services serve it.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn announce(&self, version: &str, serve_from: DateTime<Utc>) -> Result<(), PublishError> {
        let folder = self.folder.join(version);
        make_folder(self.disk.as_ref(), &folder).map_err(io(&folder))?;
        let path = folder.join(SERVE_FROM);
        let text = serve_from.to_rfc3339_opts(SecondsFormat::Millis, true);
        replace_file(self.disk.as_ref(), &path, text.as_bytes()).map_err(io(&path))
    }

    /// Returns from when services serve a snapshot. `None` if nothing was noted, and it is served at once.
    #[must_use]
    pub fn serve_from(&self, version: &str) -> Option<DateTime<Utc>> {
        std::fs::read_to_string(self.folder.join(version).join(SERVE_FROM)).ok()?.trim().parse().ok()
    }

    /// Makes a snapshot current whose verified bytes are in [`PublishedFolder::file_of`].
    ///
    /// # Errors
    /// [`PublishError`]; the current snapshot stays current then.
    pub fn adopt(&self, manifest: &Manifest) -> Result<(), PublishError> {
        let path = self.folder.join(&manifest.version).join("manifest.json");
        let text = serde_json::to_vec_pretty(manifest)
            .map_err(|source| PublishError::Manifest { path: path.clone(), source })?;
        replace_file(self.disk.as_ref(), &path, &text).map_err(io(&path))?;
        self.disk.sync_folder(&self.folder).map_err(io(&self.folder))?;
        let current = self.folder.join("current");
        replace_file(self.disk.as_ref(), &current, manifest.version.as_bytes()).map_err(io(&current))
    }

    /// Deletes all snapshots that the publisher does not keep. Later ones stay, because they are just being published.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn keep_only(&self, kept: &[KeptSnapshot]) -> Result<(), PublishError> {
        let current = self.current()?;
        let is_later = |name: &String| kept.iter().all(|kept| kept.version < *name);
        let is_kept = |name: &String| Some(name) == current.as_ref() || kept.iter().any(|kept| kept.version == *name);
        for name in self.versions()?.into_iter().filter(|name| !is_kept(name) && !is_later(name)) {
            let path = self.folder.join(name);
            std::fs::remove_dir_all(&path).map_err(io(&path))?;
        }
        Ok(())
    }
}
