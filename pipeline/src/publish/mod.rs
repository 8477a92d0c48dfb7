//! Writes a snapshot, verifies it, and then points `published/current` to it.

mod adopted;
mod revocations;
mod shared;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use zhihui_data::snapshot::{self, Manifest, Snapshot, SnapshotError, SnapshotModel};

use crate::lake::{Disk, SystemDisk, make_folder, replace_file, replace_file_with};

pub use revocations::{LatestRequest, PrivacyRequest, Revocations};
pub use shared::{KeptSnapshot, Pointer, Polled, SharedError, SharedSnapshots};

/// Number of snapshots to keep: the current one and earlier ones as a fallback.
const KEPT_SNAPSHOTS: usize = 3;
/// Name of the file in a snapshot's folder.
const FILE: &str = "snapshot.bin";

/// Error of writing or reading a snapshot.
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
        /// The system's error.
        source: std::io::Error,
    },
    /// The manifest cannot be parsed.
    #[error("{path} is not a valid manifest: {source}; publish again or remove its folder")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// The snapshot is damaged, has another format or is inconsistent.
    #[error("{path}: {source}")]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// The decoder's error.
        source: SnapshotError,
    },
}

/// The folder `published/` of a home.
#[derive(Debug, Clone)]
pub struct PublishedFolder {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

impl PublishedFolder {
    /// The published snapshots in this folder. Reads nothing yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self::on_disk(folder, Arc::new(SystemDisk))
    }

    /// The same, with another implementation of the disk.
    #[must_use]
    pub fn on_disk(folder: &Path, disk: Arc<dyn Disk>) -> Self {
        Self { folder: folder.to_owned(), disk }
    }

    /// Returns the name of the current snapshot. `None` before the first publish.
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

    /// Writes the snapshot durably, verifies the file block by block, makes it current and deletes old ones. Writes the model
    /// card to `model-card.json` in the same folder.
    ///
    /// # Errors
    /// [`PublishError`]; the current snapshot stays current then.
    pub fn publish(&self, snapshot: &Snapshot) -> Result<Manifest, PublishError> {
        let card = snapshot.model.card.as_bytes();
        self.write(&snapshot.version, card, |file| snapshot::write(snapshot, file))
    }

    /// Publishes the current snapshot of another folder. Its file is copied block by block and never in memory.
    ///
    /// # Errors
    /// [`PublishError`]; the current snapshot stays current then.
    pub fn publish_from(&self, other: &Self) -> Result<Manifest, PublishError> {
        let version = other.current()?.ok_or_else(|| PublishError::Nothing(other.folder.clone()))?;
        let manifest = other.verify(&version)?;
        let folder = other.folder.join(&version);
        let card = match std::fs::read(folder.join("model-card.json")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(io(&folder)),
        }?;
        self.write(&version, &card, |file| {
            snapshot::copy(File::open(folder.join(FILE))?, file, &manifest)?;
            Ok(manifest)
        })
    }

    /// Writes the files of a snapshot with `write`, verifies them, and makes the snapshot current.
    fn write(
        &self,
        version: &str,
        card: &[u8],
        write: impl FnOnce(&mut File) -> Result<Manifest, SnapshotError>,
    ) -> Result<Manifest, PublishError> {
        let folder = self.folder.join(version);
        let path = folder.join(FILE);
        let disk = self.disk.as_ref();
        make_folder(disk, &folder).map_err(io(&folder))?;
        let manifest = replace_file_with(disk, &path, write).map_err(damaged(&path))?;
        verify(&path, &manifest)?;
        let manifest_path = folder.join("manifest.json");
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| PublishError::Manifest { path: manifest_path.clone(), source })?;
        replace_file(disk, &manifest_path, &text).map_err(io(&manifest_path))?;
        if !card.is_empty() {
            let path = folder.join("model-card.json");
            replace_file(disk, &path, card).map_err(io(&path))?;
        }
        // The folder may exist because an earlier process was killed before it synced the parent folder.
        disk.sync_folder(&self.folder).map_err(io(&self.folder))?;
        let current = self.folder.join("current");
        replace_file(disk, &current, manifest.version.as_bytes()).map_err(io(&current))?;
        self.delete_old(&manifest.version)?;
        Ok(manifest)
    }

    /// Verifies the file of a snapshot against its manifest, block by block. Returns the manifest.
    ///
    /// # Errors
    /// [`PublishError`] if a file is missing, damaged or of another format.
    pub fn verify(&self, version: &str) -> Result<Manifest, PublishError> {
        let manifest = self.manifest(version)?;
        verify(&self.folder.join(version).join(FILE), &manifest)?;
        Ok(manifest)
    }

    /// Reads the current snapshot. If it is damaged, reads the newest valid one and returns the error of the current one too.
    ///
    /// # Errors
    /// [`PublishError::Nothing`] before the first publish; the error of the current snapshot if no other one is valid.
    pub fn load(&self) -> Result<(Snapshot, Option<PublishError>), PublishError> {
        self.load_with(&|file, manifest| snapshot::read(file, manifest))
    }

    /// Reads the model of the current snapshot like [`load`](Self::load), with less memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_model(&self) -> Result<(SnapshotModel, Option<PublishError>), PublishError> {
        self.load_with(&|file, manifest| snapshot::read_model(file, manifest))
    }

    fn load_with<T>(
        &self,
        read: &dyn Fn(File, &Manifest) -> Result<T, SnapshotError>,
    ) -> Result<(T, Option<PublishError>), PublishError> {
        let current = self.current()?.ok_or_else(|| PublishError::Nothing(self.folder.clone()))?;
        let failure = match self.read(&current, read) {
            Ok(snapshot) => return Ok((snapshot, None)),
            Err(error) => error,
        };
        // Names are timestamps: after a clock was set back, an earlier snapshot may have a later name.
        let others = self.versions()?.into_iter().rev().filter(|name| *name != current);
        let (earlier, later): (Vec<String>, Vec<String>) = others.partition(|name| *name < current);
        for name in earlier.into_iter().chain(later) {
            if let Ok(snapshot) = self.read(&name, read) {
                return Ok((snapshot, Some(failure)));
            }
        }
        Err(failure)
    }

    /// Reads the manifest of a published snapshot.
    ///
    /// # Errors
    /// [`PublishError`] if it is missing or unreadable.
    pub fn manifest(&self, version: &str) -> Result<Manifest, PublishError> {
        let path = self.folder.join(version).join("manifest.json");
        let text = std::fs::read(&path).map_err(|source| PublishError::Io { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| PublishError::Manifest { path, source })
    }

    /// Reads the manifests of all snapshots. Skips folders without a manifest, which are incomplete.
    ///
    /// # Errors
    /// [`PublishError`] if the folder or a manifest cannot be read.
    pub fn manifests(&self) -> Result<Vec<Manifest>, PublishError> {
        let has_manifest = |version: &String| self.folder.join(version).join("manifest.json").exists();
        self.versions()?.iter().filter(|version| has_manifest(version)).map(|version| self.manifest(version)).collect()
    }

    fn read<T>(
        &self,
        version: &str,
        read: &dyn Fn(File, &Manifest) -> Result<T, SnapshotError>,
    ) -> Result<T, PublishError> {
        let manifest = self.manifest(version)?;
        let path = self.folder.join(version).join(FILE);
        let file = File::open(&path).map_err(io(&path))?;
        read(file, &manifest).map_err(damaged(&path))
    }

    /// Names of all snapshots, oldest first.
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

    /// Deletes all snapshots except the current one, because they contain members who were erased since. Until the next
    /// publish, no earlier snapshot can replace a damaged one.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn delete_all_but_current(&self) -> Result<(), PublishError> {
        let Some(current) = self.current()? else { return Ok(()) };
        for name in self.versions()?.into_iter().filter(|name| *name != current) {
            let path = self.folder.join(name);
            std::fs::remove_dir_all(&path).map_err(|source| PublishError::Io { path, source })?;
        }
        Ok(())
    }

    fn delete_old(&self, current: &str) -> Result<(), PublishError> {
        let names = self.versions()?;
        let old = names.len().saturating_sub(KEPT_SNAPSHOTS);
        for name in names.iter().take(old).filter(|name| *name != current) {
            let path = self.folder.join(name);
            std::fs::remove_dir_all(&path).map_err(|source| PublishError::Io { path, source })?;
        }
        Ok(())
    }
}

fn verify(path: &Path, manifest: &Manifest) -> Result<(), PublishError> {
    let file = File::open(path).map_err(io(path))?;
    snapshot::verify(file, manifest).map_err(damaged(path))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Io { path, source }
}

fn damaged(path: &Path) -> impl FnOnce(SnapshotError) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Snapshot { path, source }
}
