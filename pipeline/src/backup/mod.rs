//! Backups of a home: copies files durably, writes a manifest with their lengths and hashes, and verifies it.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// File name of the manifest.
const MANIFEST: &str = "backup.json";

/// The content of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Creation time, RFC 3339 in UTC.
    pub made_at: String,
    /// Files by their path relative to the backup, with slashes.
    pub files: BTreeMap<String, CopiedFile>,
}

/// Length and hash of a copied file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFile {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the content in hexadecimal.
    pub sha256: String,
}

/// Error of a backup or restore.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("{path}: {source}; check the disk and the permissions of the folder")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The folder contains files.
    #[error("{0} is not empty; use a folder that does not exist yet")]
    NotEmpty(PathBuf),
    /// The folder is not a backup, or the backup was interrupted.
    #[error("{0} is not a complete backup: it has no readable backup.json; use another one")]
    NoBackup(PathBuf),
    /// A file is missing or changed.
    #[error("{path} is {what}; this backup is damaged, use another one")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + '_ {
    |source| BackupError::Io { path: path.to_owned(), source }
}

/// Creates the folder, or checks that it is empty.
///
/// # Errors
/// [`BackupError::NotEmpty`] and [`BackupError::Io`].
pub fn prepare(folder: &Path) -> Result<(), BackupError> {
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    match folder.read_dir().map_err(io(folder))?.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty(folder.to_owned())),
    }
}

/// Copies a file or a folder with its content durably. Does nothing if the source does not exist.
///
/// # Errors
/// [`BackupError::Io`].
pub fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    if from.is_dir() {
        std::fs::create_dir_all(to).map_err(io(to))?;
        for entry in from.read_dir().map_err(io(from))? {
            let entry = entry.map_err(io(from))?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return File::open(to).and_then(|folder| folder.sync_all()).map_err(io(to));
    }
    if !from.exists() {
        return Ok(());
    }
    std::fs::copy(from, to).map_err(io(from))?;
    // The copy inherits the mode of its source, and earlier versions left files readable by others.
    std::fs::set_permissions(to, Permissions::from_mode(0o600)).map_err(io(to))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(io(to))
}

/// Writes the manifest. A folder without a manifest is not a backup.
///
/// # Errors
/// [`BackupError::Io`].
pub fn write_manifest(folder: &Path, made_at: &str) -> Result<Manifest, BackupError> {
    let mut files = BTreeMap::new();
    for (name, path) in files_below(folder, folder)? {
        files.insert(name, hash_file(&path)?);
    }
    let manifest = Manifest { made_at: made_at.to_owned(), files };
    let path = folder.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| io(&path)(error.into()))?;
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
    });
    written.map_err(io(&path))?;
    Ok(manifest)
}

/// Reads the manifest and compares every file with it.
///
/// # Errors
/// [`BackupError::NoBackup`] without a manifest, [`BackupError::Damaged`] for the first file that differs.
pub fn verify(folder: &Path) -> Result<Manifest, BackupError> {
    let none = || BackupError::NoBackup(folder.to_owned());
    let text = std::fs::read(folder.join(MANIFEST)).map_err(|_| none())?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| none())?;
    for (name, expected) in &manifest.files {
        let path = folder.join(name);
        if !path.is_file() {
            return Err(BackupError::Damaged { path, what: "missing" });
        }
        if hash_file(&path)? != *expected {
            return Err(BackupError::Damaged { path, what: "different from the file that was copied" });
        }
    }
    Ok(manifest)
}

fn files_below(root: &Path, folder: &Path) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let mut found = Vec::new();
    for entry in folder.read_dir().map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        if path.is_dir() {
            found.extend(files_below(root, &path)?);
        } else if path.file_name().is_some_and(|name| name != MANIFEST) {
            let parts = path.strip_prefix(root).unwrap_or(&path).components();
            let name: Vec<String> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            found.push((name.join("/"), path));
        }
    }
    Ok(found)
}

fn hash_file(path: &Path) -> Result<CopiedFile, BackupError> {
    let mut file = File::open(path).map_err(io(path))?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(io(path))?;
        if read == 0 {
            return Ok(CopiedFile { bytes, sha256: hex::encode(hash.finalize()) });
        }
        bytes += read as u64;
        hash.update(&buffer[..read]);
    }
}
