//! Copies a whole lake between an object store and a folder, for backup and restore.

use std::path::{Path as FsPath, PathBuf};

use futures::{StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _};
use std::sync::Arc;
use tokio::io::{AsyncWriteExt, BufReader};

use super::{Lake, LakeError};

/// Objects that are copied at the same time.
const CONCURRENT: usize = 8;
/// The folder of lakes that were set aside, below the lake.
const SET_ASIDE: &str = ".before";

impl Lake {
    /// Copies the tables to a new folder, with their whole history. The caller holds the writer's lock. Returns the number of
    /// files.
    ///
    /// # Errors
    /// If an object cannot be read, or a file cannot be written.
    pub async fn copy_to(&self, folder: &FsPath) -> Result<usize, LakeError> {
        let objects = self.table_objects().await?;
        let copies = objects.iter().map(|object| self.download(object, folder.join(object.as_ref())));
        futures::stream::iter(copies).buffer_unordered(CONCURRENT).try_collect::<Vec<()>>().await?;
        Ok(objects.len())
    }

    /// Copies the tables of a folder that [`Lake::copy_to`] or a local lake filled. The caller holds the writer's lock, and the lake
    /// is empty. Returns the number of files.
    ///
    /// # Errors
    /// If a file cannot be read, or an object cannot be written. An incomplete lake is then left, which has to be set aside.
    pub async fn copy_from(&self, folder: &FsPath) -> Result<usize, LakeError> {
        let mut files = Vec::new();
        files_below(folder, &mut files)?;
        // Logs last: a table never names a file that is not there yet.
        let (logs, data): (Vec<PathBuf>, Vec<PathBuf>) =
            files.into_iter().partition(|file| file.parent().is_some_and(|parent| parent.ends_with("_delta_log")));
        let n_files = data.len() + logs.len();
        for part in [data, logs] {
            let copies = part.iter().map(|file| self.upload(folder, file));
            futures::stream::iter(copies).buffer_unordered(CONCURRENT).try_collect::<Vec<()>>().await?;
        }
        Ok(n_files)
    }

    /// Moves all tables below `.before/name` of the lake, where nothing reads them.
    ///
    /// # Errors
    /// If an object cannot be moved. Call it again then.
    pub async fn set_aside(&self, name: &str) -> Result<(), LakeError> {
        let objects = self.table_objects().await?;
        // Logs first, so that no table lacks files.
        let (logs, data): (Vec<Path>, Vec<Path>) =
            objects.into_iter().partition(|object| object.as_ref().contains("/_delta_log/"));
        for part in [logs, data] {
            let moves = part.iter().map(|object| async move {
                let to = Path::from(format!("{SET_ASIDE}/{name}/{object}"));
                self.store().rename(object, &to).await.map_err(|source| failed("moving a file", object, source))
            });
            futures::stream::iter(moves).buffer_unordered(CONCURRENT).try_collect::<Vec<()>>().await?;
        }
        Ok(())
    }

    /// All objects of tables. Those of the lake itself, such as the lease, begin with a dot.
    async fn table_objects(&self) -> Result<Vec<Path>, LakeError> {
        let listed = self.store().list(None).map_ok(|object| object.location).try_collect::<Vec<Path>>().await;
        let mut objects = listed.map_err(|source| failed("listing files", &Path::default(), source))?;
        objects.retain(|object| !object.as_ref().starts_with('.'));
        objects.sort();
        Ok(objects)
    }

    async fn download(&self, object: &Path, to: PathBuf) -> Result<(), LakeError> {
        let found = self.store().get(object).await.map_err(|source| failed("reading a file", object, source))?;
        let mut parts = found.into_stream();
        let io = |source| io_error("writing", &to, source);
        if let Some(folder) = to.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(io)?;
        }
        let mut options = tokio::fs::File::options();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&to).await.map_err(io)?;
        while let Some(part) = parts.try_next().await.map_err(|source| failed("reading a file", object, source))? {
            file.write_all(&part).await.map_err(io)?;
        }
        file.sync_all().await.map_err(io)
    }

    async fn upload(&self, root: &FsPath, file: &FsPath) -> Result<(), LakeError> {
        let relative = file.strip_prefix(root).unwrap_or(file);
        let object = Path::from_iter(relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()));
        let read = tokio::fs::File::open(file).await.map_err(|source| io_error("reading", file, source))?;
        let mut target = BufWriter::new(Arc::clone(self.store()), object.clone());
        let copied = async {
            tokio::io::copy(&mut BufReader::new(read), &mut target).await?;
            target.shutdown().await
        };
        let source = |error: std::io::Error| Error::Generic { store: "copy", source: error.into() };
        copied.await.map_err(|error| failed("writing a file", &object, source(error)))
    }
}

fn files_below(folder: &FsPath, found: &mut Vec<PathBuf>) -> Result<(), LakeError> {
    let io = |source| io_error("reading", folder, source);
    for entry in folder.read_dir().map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            files_below(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn io_error(what: &'static str, path: &FsPath, source: std::io::Error) -> LakeError {
    LakeError::Io { what, path: path.display().to_string(), source }
}

fn failed(what: &'static str, object: &Path, source: Error) -> LakeError {
    LakeError::Store { table: object.to_string(), what, source }
}
