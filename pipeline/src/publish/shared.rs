//! Published snapshots in the object store of the lake, so that services on all machines serve the same one at the same time.
//!
//! Below `.published` of the lake, `snapshots/` has each snapshot under its SHA-256, written once. `current` is the pointer, which
//! publishers replace by conditional puts: a snapshot is published when its pointer is written.

use std::path::Path as FsPath;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures::TryStreamExt;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zhihui_data::snapshot::Manifest;

use super::KEPT_SNAPSHOTS;
use crate::lake::Lake;

/// The folder of the lake.
const FOLDER: &str = ".published";
const POINTER: &str = "current";
/// Time for services to notice a pointer, and to load a small snapshot.
const LEAD_SECONDS: i64 = 5;
/// Bytes that a service fetches, verifies and loads in a second, estimated low.
const LOADED_PER_SECOND: u64 = 25 << 20;

/// Why snapshots cannot be shared.
#[derive(Debug, Error)]
pub enum SharedError {
    /// The object store failed.
    #[error("{what} in the object store of the lake: {source}")]
    Store {
        /// The operation.
        what: &'static str,
        /// The store's reason.
        source: Error,
    },
    /// A local file failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// An object cannot be parsed.
    #[error("{object} below .published of the lake is not valid ({why}); publish again with `zhihui run`")]
    Invalid {
        /// The object.
        object: &'static str,
        /// The problem.
        why: String,
    },
    /// The bytes are not those of the manifest.
    #[error(
        "the snapshot {version} has other bytes than were published (SHA-256 {actual}); publish again with `zhihui run`"
    )]
    Damaged {
        /// The snapshot.
        version: String,
        /// The SHA-256 of the bytes.
        actual: String,
    },
    /// Another machine has published a later snapshot.
    #[error(
        "{published_by} has published the later snapshot {version}; run again, or correct the clock of one of the machines"
    )]
    Later {
        /// The later snapshot.
        version: String,
        /// The machine.
        published_by: String,
    },
}

/// The published snapshot: what services serve, and from when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pointer {
    /// Grows by one with every change.
    pub number: u64,
    /// The manifest of the snapshot.
    pub manifest: Manifest,
    /// Size of the snapshot.
    pub bytes: u64,
    /// Services that have loaded the snapshot by then begin to serve it at this time.
    pub serve_from: DateTime<Utc>,
    /// The machine that published it.
    pub published_by: String,
    /// The snapshots that are kept, the current one first. Others may contain members who were erased since.
    pub kept: Vec<KeptSnapshot>,
}

/// A snapshot in the object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSnapshot {
    /// Its name.
    pub version: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// The answer to a question for the pointer.
#[derive(Debug)]
pub enum Polled {
    /// Nothing was published yet.
    Nothing,
    /// It is as it was.
    Unchanged,
    /// A pointer, and its `ETag` for the next question.
    Changed(Box<Pointer>, Option<String>),
}

/// The snapshots in the object store of a lake.
#[derive(Debug, Clone)]
pub struct SharedSnapshots {
    store: Arc<dyn ObjectStore>,
}

impl SharedSnapshots {
    /// The snapshots beside the tables of a lake; `None` for a local lake.
    #[must_use]
    pub fn of(lake: &Lake) -> Option<Self> {
        lake.is_in_object_store().then(|| Self { store: Arc::new(PrefixStore::new(Arc::clone(lake.store()), FOLDER)) })
    }

    /// Asks for the pointer, unless it still has this `ETag`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn poll(&self, known: Option<String>) -> Result<Polled, SharedError> {
        let options = GetOptions { if_none_match: known, ..GetOptions::default() };
        let found = match self.store.get_opts(&Path::from(POINTER), options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(Polled::Nothing),
            Err(Error::NotModified { .. }) => return Ok(Polled::Unchanged),
            Err(source) => return Err(failed("asking for the published snapshot")(source)),
        };
        let e_tag = found.meta.e_tag.clone();
        let bytes = found.bytes().await.map_err(failed("asking for the published snapshot"))?;
        let pointer = serde_json::from_slice(&bytes).map_err(|error| invalid(POINTER, &error))?;
        Ok(Polled::Changed(Box::new(pointer), e_tag))
    }

    /// Uploads a snapshot and points to it. Does nothing if the pointer names it already. Returns the pointer.
    ///
    /// # Errors
    /// [`SharedError::Later`] if another machine published a later one; the pointer is unchanged after any error but a lost response.
    pub async fn publish(
        &self,
        file: &FsPath,
        manifest: &Manifest,
        now: &(dyn Fn() -> DateTime<Utc> + Sync),
        published_by: &str,
    ) -> Result<Pointer, SharedError> {
        let mut uploaded = None;
        loop {
            let (before, e_tag) = match self.poll(None).await? {
                Polled::Changed(pointer, e_tag) => (Some(pointer), e_tag),
                Polled::Nothing | Polled::Unchanged => (None, None),
            };
            if let Some(before) = &before {
                if before.manifest.sha256 == manifest.sha256 {
                    return Ok(before.as_ref().clone());
                }
                if before.manifest.version > manifest.version {
                    let (version, published_by) = (before.manifest.version.clone(), before.published_by.clone());
                    return Err(SharedError::Later { version, published_by });
                }
            }
            let bytes = match uploaded {
                Some(bytes) => bytes,
                None => *uploaded.insert(self.upload(file, manifest).await?),
            };
            let lead = LEAD_SECONDS + i64::try_from(bytes / LOADED_PER_SECOND).unwrap_or(0);
            let pointer = Pointer {
                number: before.as_ref().map_or(1, |before| before.number + 1),
                manifest: manifest.clone(),
                bytes,
                serve_from: now() + Duration::seconds(lead),
                published_by: published_by.to_owned(),
                kept: kept(manifest, before.as_deref()),
            };
            if self.replace(&pointer, e_tag).await? {
                // Maintenance on another machine may have deleted the snapshot before a pointer named it.
                if !self.has(&manifest.sha256).await? {
                    self.upload(file, manifest).await?;
                }
                self.delete_dropped(before.as_deref(), &pointer).await?;
                return Ok(pointer);
            }
        }
    }

    /// Fetches a snapshot to a new file and verifies it.
    ///
    /// # Errors
    /// [`SharedError::Damaged`] if its bytes are others than those that were published.
    pub async fn fetch(&self, pointer: &Pointer, to: &FsPath) -> Result<(), SharedError> {
        let io = |source| SharedError::Io { path: to.display().to_string(), source };
        let found = self.store.get(&object_of(&pointer.manifest.sha256)).await;
        let mut parts = found.map_err(failed("fetching the published snapshot"))?.into_stream();
        let mut hash = Sha256::new();
        let mut options = tokio::fs::File::options();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(to).await.map_err(io)?;
        while let Some(part) = parts.try_next().await.map_err(failed("fetching the published snapshot"))? {
            hash.update(&part);
            file.write_all(&part).await.map_err(io)?;
        }
        file.sync_all().await.map_err(io)?;
        let actual = hex::encode(hash.finalize());
        if actual != pointer.manifest.sha256 {
            return Err(SharedError::Damaged { version: pointer.manifest.version.clone(), actual });
        }
        Ok(())
    }

    /// Keeps only the current snapshot, because others contain members who were erased since.
    ///
    /// # Errors
    /// If an object cannot be written or deleted; call it again then.
    pub async fn keep_only_current(&self) -> Result<(), SharedError> {
        while let Polled::Changed(before, e_tag) = self.poll(None).await? {
            let pointer =
                Pointer { kept: kept(&before.manifest, None), number: before.number + 1, ..(*before).clone() };
            if before.kept.len() > 1 && !self.replace(&pointer, e_tag).await? {
                continue;
            }
            let objects: Vec<Path> = self
                .store
                .list(Some(&Path::from("snapshots")))
                .map_ok(|object| object.location)
                .try_collect()
                .await
                .map_err(failed("listing snapshots"))?;
            let current = object_of(&before.manifest.sha256);
            for object in objects.into_iter().filter(|object| *object != current) {
                self.delete(&object).await?;
            }
            return Ok(());
        }
        Ok(())
    }

    pub(super) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Writes the pointer if it still has this `ETag`.
    async fn replace(&self, pointer: &Pointer, e_tag: Option<String>) -> Result<bool, SharedError> {
        let text = serde_json::to_vec_pretty(pointer).map_err(|error| invalid(POINTER, &error))?;
        put_if(&self.store, POINTER, text, e_tag).await
    }

    async fn upload(&self, file: &FsPath, manifest: &Manifest) -> Result<u64, SharedError> {
        let io = |source| SharedError::Io { path: file.display().to_string(), source };
        let mut source = tokio::fs::File::open(file).await.map_err(io)?;
        let mut target = BufWriter::new(Arc::clone(&self.store), object_of(&manifest.sha256));
        let (mut hash, mut bytes, mut part) = (Sha256::new(), 0_u64, vec![0; 1 << 20]);
        loop {
            let read = source.read(&mut part).await.map_err(io)?;
            if read == 0 {
                break;
            }
            hash.update(&part[..read]);
            bytes += read as u64;
            target.write_all(&part[..read]).await.map_err(io)?;
        }
        let actual = hex::encode(hash.finalize());
        if actual != manifest.sha256 {
            let _ = target.abort().await;
            return Err(SharedError::Damaged { version: manifest.version.clone(), actual });
        }
        target.shutdown().await.map_err(io)?;
        Ok(bytes)
    }

    async fn has(&self, sha256: &str) -> Result<bool, SharedError> {
        match self.store.head(&object_of(sha256)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(failed("looking for the published snapshot")(source)),
        }
    }

    /// Deletes snapshots that the pointer does not keep any more. Others may be on their way to be published.
    async fn delete_dropped(&self, before: Option<&Pointer>, now: &Pointer) -> Result<(), SharedError> {
        let dropped = before.iter().flat_map(|before| &before.kept);
        for snapshot in dropped.filter(|snapshot| now.kept.iter().all(|kept| kept.sha256 != snapshot.sha256)) {
            self.delete(&object_of(&snapshot.sha256)).await?;
        }
        Ok(())
    }

    async fn delete(&self, object: &Path) -> Result<(), SharedError> {
        match self.store.delete(object).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("deleting an earlier snapshot")(source)),
        }
    }
}

/// Writes an object if it still has this `ETag`, or does not exist. Returns whether it was written.
pub(super) async fn put_if(
    store: &Arc<dyn ObjectStore>,
    object: &'static str,
    bytes: Vec<u8>,
    e_tag: Option<String>,
) -> Result<bool, SharedError> {
    let mode =
        e_tag.map_or(PutMode::Create, |e_tag| PutMode::Update(UpdateVersion { e_tag: Some(e_tag), version: None }));
    match store.put_opts(&Path::from(object), bytes.into(), mode.into()).await {
        Ok(_) => Ok(true),
        // The caller reads the object again, and finds its own if only the response was lost.
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
        Err(source) => Err(failed("writing")(source)),
    }
}

pub(super) fn failed(what: &'static str) -> impl Fn(Error) -> SharedError {
    move |source| SharedError::Store { what, source }
}

pub(super) fn invalid(object: &'static str, error: &dyn std::fmt::Display) -> SharedError {
    SharedError::Invalid { object, why: error.to_string() }
}

fn object_of(sha256: &str) -> Path {
    Path::from(format!("snapshots/{sha256}.bin"))
}

/// The snapshots to keep with a new one.
fn kept(manifest: &Manifest, before: Option<&Pointer>) -> Vec<KeptSnapshot> {
    let new = KeptSnapshot { version: manifest.version.clone(), sha256: manifest.sha256.clone() };
    let earlier = before.into_iter().flat_map(|before| before.kept.iter().cloned());
    std::iter::once(new.clone()).chain(earlier.filter(|kept| *kept != new)).take(KEPT_SNAPSHOTS).collect()
}
