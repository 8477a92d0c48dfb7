//! An object store on a local disk whose writes are durable when they return.
//!
//! A write creates a staging file, syncs it, gives it its name by a hard link or rename, and syncs its folder and every folder
//! that it created. After a failed sync the store rejects further writes, because nobody can know which data the kernel dropped
//! (<https://www.postgresql.org/docs/current/runtime-config-error-handling.html>, `data_sync_retry`).

use std::io::{ErrorKind, Write};
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, RenameTargetMode, Result,
};
use uuid::Uuid;

use super::disk::Disk;
use super::upload::DurableUpload;

/// The folder of incomplete files, below the store's root.
pub(super) const STAGING: &str = ".staging";

/// A store below one folder.
#[derive(Debug, Clone)]
pub struct DurableStore {
    files: Arc<LocalFileSystem>,
    writes: Arc<Writes>,
}

/// How a file gets its final name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Naming {
    /// Replaces an existing file.
    Replace,
    /// Fails if the name exists.
    New,
}

/// Performs the writes; shared with uploads in progress.
#[derive(Debug)]
pub(super) struct Writes {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    sync_failed: AtomicBool,
}

impl DurableStore {
    /// Opens a store below `root`, which must exist.
    ///
    /// # Errors
    /// If the folder cannot be resolved or the staging folder cannot be created.
    pub fn new(root: &FsPath, disk: Arc<dyn Disk>) -> Result<Self> {
        let root = root.canonicalize().map_err(|source| generic("opening", root, &source))?;
        let files = Arc::new(LocalFileSystem::new_with_prefix(&root)?);
        let writes = Arc::new(Writes { root: root.clone(), disk, sync_failed: AtomicBool::new(false) });
        writes.make_folder(&root.join(STAGING))?;
        Ok(Self { files, writes })
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Writes) -> Result<T> + Send + 'static) -> Result<T> {
        let writes = Arc::clone(&self.writes);
        tokio::task::spawn_blocking(move || work(&writes)).await.map_err(|source| Error::JoinError { source })?
    }
}

impl Writes {
    /// Creates a staging file and returns it with its path.
    pub(super) fn stage(&self) -> Result<(std::fs::File, PathBuf)> {
        self.reject_after_failed_sync()?;
        let path = self.root.join(STAGING).join(Uuid::new_v4().to_string());
        let file = self.disk.create(&path).map_err(|source| generic("creating", &path, &source))?;
        Ok((file, path))
    }

    /// Syncs a staged file and gives it its name durably. The staged name does not exist afterwards, even after an error.
    pub(super) fn publish(&self, file: &std::fs::File, staged: &FsPath, to: &FsPath, naming: Naming) -> Result<()> {
        let named = self
            .check_sync(self.disk.sync_file(file, staged), staged)
            .and_then(|()| self.make_parents(to))
            .and_then(|()| self.name(staged, to, naming));
        if named.is_err() || matches!(naming, Naming::New) {
            let _ = std::fs::remove_file(staged);
        }
        named
    }

    fn name(&self, from: &FsPath, to: &FsPath, naming: Naming) -> Result<()> {
        let named = match naming {
            Naming::Replace => self.disk.rename(from, to),
            Naming::New => self.disk.link(from, to),
        };
        named.map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => Error::AlreadyExists { path: to.display().to_string(), source: source.into() },
            ErrorKind::NotFound => Error::NotFound { path: from.display().to_string(), source: source.into() },
            _ => generic("naming", to, &source),
        })?;
        self.sync_parent(to)
    }

    fn make_parents(&self, path: &FsPath) -> Result<()> {
        path.parent().map_or(Ok(()), |parent| self.make_folder(parent))
    }

    fn make_folder(&self, folder: &FsPath) -> Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        self.make_parents(folder)?;
        match self.disk.create_folder(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(generic("creating", folder, &error)),
            _ => self.sync_parent(folder),
        }
    }

    fn sync_parent(&self, path: &FsPath) -> Result<()> {
        path.parent().map_or(Ok(()), |parent| self.check_sync(self.disk.sync_folder(parent), parent))
    }

    fn check_sync(&self, result: std::io::Result<()>, path: &FsPath) -> Result<()> {
        result.map_err(|source| {
            self.sync_failed.store(true, Ordering::SeqCst);
            generic("syncing (fsync)", path, &source)
        })
    }

    fn reject_after_failed_sync(&self) -> Result<()> {
        if self.sync_failed.load(Ordering::SeqCst) {
            let why = "an earlier fsync failed; check the disk and restart the program";
            return Err(generic("writing below", &self.root, &std::io::Error::other(why)));
        }
        Ok(())
    }
}

fn generic(what: &str, path: &FsPath, source: &std::io::Error) -> Error {
    let text = format!("{what} {}: {source}", path.display());
    Error::Generic { store: "DurableStore", source: Box::new(std::io::Error::new(source.kind(), text)) }
}

impl std::fmt::Display for DurableStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DurableStore({})", self.writes.root.display())
    }
}

#[async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let naming = match opts.mode {
            PutMode::Overwrite => Naming::Replace,
            PutMode::Create => Naming::New,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "conditional update".to_owned(),
                    implementer: self.to_string(),
                });
            }
        };
        let to = self.files.path_to_filesystem(location)?;
        self.blocking(move |writes| {
            let (mut file, staged) = writes.stage()?;
            if let Err(source) = payload.iter().try_for_each(|part| file.write_all(part)) {
                let _ = std::fs::remove_file(&staged);
                return Err(generic("writing", &to, &source));
            }
            writes.publish(&file, &staged, &to, naming)
        })
        .await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(&self, location: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let to = self.files.path_to_filesystem(location)?;
        let (file, staged) = self.blocking(Writes::stage).await?;
        Ok(Box::new(DurableUpload::new(Arc::clone(&self.writes), file, staged, to)))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[std::ops::Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        sorted(self.files.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        sorted(self.files.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let naming = if options.mode == CopyMode::Create { Naming::New } else { Naming::Replace };
        let (from, to) = (self.files.path_to_filesystem(from)?, self.files.path_to_filesystem(to)?);
        self.blocking(move |writes| {
            let mut source = std::fs::File::open(&from).map_err(|error| generic("opening", &from, &error))?;
            let (mut file, staged) = writes.stage()?;
            if let Err(error) = std::io::copy(&mut source, &mut file) {
                let _ = std::fs::remove_file(&staged);
                return Err(generic("copying to", &to, &error));
            }
            writes.publish(&file, &staged, &to, naming)
        })
        .await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let must_be_new = options.target_mode == RenameTargetMode::Create;
        let (from, to) = (self.files.path_to_filesystem(from)?, self.files.path_to_filesystem(to)?);
        self.blocking(move |writes| {
            writes.reject_after_failed_sync()?;
            writes.make_parents(&to)?;
            writes.name(&from, &to, if must_be_new { Naming::New } else { Naming::Replace })?;
            if must_be_new {
                std::fs::remove_file(&from).map_err(|error| generic("removing", &from, &error))?;
            }
            writes.sync_parent(&from)
        })
        .await
    }
}

/// Sorts a listing. Delta's log reader expects sorted listings, but those of a file system are not.
fn sorted(listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
    futures::stream::once(async move {
        let mut found: Vec<ObjectMeta> = listing.try_collect().await?;
        found.sort_by(|left, right| left.location.cmp(&right.location));
        Ok::<_, Error>(futures::stream::iter(found.into_iter().map(Ok)))
    })
    .try_flatten()
    .boxed()
}
