//! Publishing: a snapshot is written whole, checked, and only then named by `published/current`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use zhihui_data::snapshot::{Manifest, Snapshot, SnapshotError, decode, encode};

use crate::lake::{Disk, SystemDisk, make_folder, replace_file};

/// How many snapshots are kept: the current one and those before it that may have to serve again.
const KEPT: usize = 3;

/// Why a snapshot could not be written or read.
#[derive(Debug, Error)]
pub enum PublishError {
    /// Nothing was published yet.
    #[error("nothing is published in {0}; run `zhihui run` first")]
    Nothing(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The manifest is no manifest.
    #[error("{path} is no manifest: {source}; publish again or remove that folder")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The snapshot is damaged, of another format or contradicts itself.
    #[error("{path}: {source}")]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SnapshotError,
    },
}

/// The folder `published/` of a home.
#[derive(Debug, Clone)]
pub struct Published {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Published {
    /// The published snapshots in this folder; nothing is read yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self::on_disk(folder, Arc::new(SystemDisk))
    }

    /// The same on a disk of the caller's making.
    #[must_use]
    pub fn on_disk(folder: &Path, disk: Arc<dyn Disk>) -> Self {
        Self { folder: folder.to_owned(), disk }
    }

    /// Name of the current snapshot, `None` before the first.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn current(&self) -> Result<Option<String>, PublishError> {
        let path = self.folder.join("current");
        match std::fs::read_to_string(&path) {
            Ok(name) => Ok(Some(name.trim().to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PublishError::Io { path, source }),
        }
    }

    /// Writes the snapshot, reads it back, makes it durable and only then current; older ones than the last few go. The model
    /// card lies beside it as `model-card.json`.
    ///
    /// # Errors
    /// [`PublishError`]; the current snapshot is then what it was.
    pub fn publish(&self, snapshot: &Snapshot) -> Result<Manifest, PublishError> {
        let folder = self.folder.join(&snapshot.version);
        let path = folder.join("snapshot.bin");
        let (bytes, manifest) =
            encode(snapshot).map_err(|source| PublishError::Snapshot { path: path.clone(), source })?;
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| PublishError::Io { path, source }
        };
        let disk = self.disk.as_ref();
        make_folder(disk, &folder).map_err(io(&folder))?;
        replace_file(disk, &path, &bytes).map_err(io(&path))?;
        let written = std::fs::read(&path).map_err(io(&path))?;
        decode(&written, &manifest).map_err(|source| PublishError::Snapshot { path: path.clone(), source })?;
        let about = folder.join("manifest.json");
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| PublishError::Manifest { path: about.clone(), source })?;
        replace_file(disk, &about, &text).map_err(io(&about))?;
        if !snapshot.model.card.is_empty() {
            let card = folder.join("model-card.json");
            replace_file(disk, &card, snapshot.model.card.as_bytes()).map_err(io(&card))?;
        }
        // The folder may be there from one that was killed before its name was durable.
        disk.sync_folder(&self.folder).map_err(io(&self.folder))?;
        let current = self.folder.join("current");
        replace_file(disk, &current, manifest.version.as_bytes()).map_err(io(&current))?;
        self.drop_old(&manifest.version)?;
        Ok(manifest)
    }

    /// Reads the current snapshot; where it is damaged, the newest other one that is whole, and why the current is not.
    ///
    /// # Errors
    /// [`PublishError::Nothing`] before the first publish; the error of the current one where no earlier one is whole.
    pub fn load(&self) -> Result<(Snapshot, Option<PublishError>), PublishError> {
        let current = self.current()?.ok_or_else(|| PublishError::Nothing(self.folder.clone()))?;
        let failure = match self.read(&current) {
            Ok(snapshot) => return Ok((snapshot, None)),
            Err(error) => error,
        };
        // Names are instants: where a clock was set back, the one before may have a later name.
        let others = self.versions()?.into_iter().rev().filter(|name| *name != current);
        let (earlier, later): (Vec<String>, Vec<String>) = others.partition(|name| *name < current);
        for name in earlier.into_iter().chain(later) {
            if let Ok(snapshot) = self.read(&name) {
                return Ok((snapshot, Some(failure)));
            }
        }
        Err(failure)
    }

    /// The manifest of one published snapshot.
    ///
    /// # Errors
    /// [`PublishError`] when it is missing or unreadable.
    pub fn manifest(&self, version: &str) -> Result<Manifest, PublishError> {
        let path = self.folder.join(version).join("manifest.json");
        let text = std::fs::read(&path).map_err(|source| PublishError::Io { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| PublishError::Manifest { path, source })
    }

    /// The manifests of all snapshots that lie there; those of folders without one, which no program reads, are left out.
    ///
    /// # Errors
    /// [`PublishError`] when the folder or a manifest cannot be read.
    pub fn manifests(&self) -> Result<Vec<Manifest>, PublishError> {
        let whole = |version: &String| self.folder.join(version).join("manifest.json").exists();
        self.versions()?.iter().filter(|version| whole(version)).map(|version| self.manifest(version)).collect()
    }

    fn read(&self, version: &str) -> Result<Snapshot, PublishError> {
        let manifest = self.manifest(version)?;
        let path = self.folder.join(version).join("snapshot.bin");
        let bytes = std::fs::read(&path).map_err(|source| PublishError::Io { path: path.clone(), source })?;
        decode(&bytes, &manifest).map_err(|source| PublishError::Snapshot { path, source })
    }

    /// Names of the snapshots that lie there, oldest first.
    fn versions(&self) -> Result<Vec<String>, PublishError> {
        let entries =
            std::fs::read_dir(&self.folder).map_err(|source| PublishError::Io { path: self.folder.clone(), source })?;
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Deletes every snapshot but the current one, so that nothing is left of members who were erased since. Until the next
    /// publish there is then no earlier one to fall back to.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn keep_current_alone(&self) -> Result<(), PublishError> {
        let Some(current) = self.current()? else { return Ok(()) };
        for name in self.versions()?.into_iter().filter(|name| *name != current) {
            let path = self.folder.join(name);
            std::fs::remove_dir_all(&path).map_err(|source| PublishError::Io { path, source })?;
        }
        Ok(())
    }

    fn drop_old(&self, current: &str) -> Result<(), PublishError> {
        let names = self.versions()?;
        let old = names.len().saturating_sub(KEPT);
        for name in names.iter().take(old).filter(|name| *name != current) {
            let path = self.folder.join(name);
            std::fs::remove_dir_all(&path).map_err(|source| PublishError::Io { path, source })?;
        }
        Ok(())
    }
}
