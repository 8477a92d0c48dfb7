//! Temporary files of queries that need more than their memory, in a folder of the process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::spill_file::{SpillFile, TempFileFactory};
use tempfile::{TempDir, TempPath};

/// Default limit of the files of a process, in bytes.
const DEFAULT_MAX_BYTES: u64 = 100 << 30;
/// The start of the names of the processes' folders. Nothing else in the parent folder is touched.
const PREFIX: &str = "queries-";
/// In a process's folder: locked while the process lives. In the parent: locked while folders are made or removed.
const LOCK: &str = ".lock";

/// A folder for the temporary files of this process. It is made with the first file, and removed when nobody uses it any more or,
/// if the process is killed, by a later one.
#[derive(Clone)]
pub struct SpillFolder(Arc<Shared>);

struct Shared {
    parent: PathBuf,
    max_bytes: u64,
    opened: Mutex<Option<Opened>>,
}

/// The fields are dropped in this order: the files before the lock.
struct Opened {
    /// Counts the bytes of all sessions that use the folder.
    files: Arc<DiskManager>,
    folder: Arc<TempDir>,
    _lock: File,
}

impl SpillFolder {
    /// A folder inside `parent`, which is made too if it is missing. Creates nothing yet.
    #[must_use]
    pub fn inside(parent: impl Into<PathBuf>) -> Self {
        Self::limited(parent, DEFAULT_MAX_BYTES)
    }

    /// Like [`Self::inside`]. Queries whose files would have more bytes together fail.
    #[must_use]
    pub fn limited(parent: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self(Arc::new(Shared { parent: parent.into(), max_bytes, opened: Mutex::default() }))
    }

    /// Removes the folders of processes that were killed. Returns how many there were.
    ///
    /// # Errors
    /// If a folder cannot be read or removed.
    pub fn remove_abandoned(&self) -> io::Result<usize> {
        let parent = &self.0.parent;
        if !parent.is_dir() {
            return Ok(0);
        }
        let _alone = locked(&parent.join(LOCK))?;
        remove_abandoned(parent)
    }

    /// The path of a new Parquet file, which is deleted on drop.
    pub(crate) fn new_file(&self, name: &str) -> io::Result<TempPath> {
        let folder = self.0.with(|opened| Arc::clone(&opened.folder))?;
        let file = tempfile::Builder::new().prefix(name).suffix(".parquet").tempfile_in(folder.path())?;
        Ok(file.into_temp_path())
    }

    pub(crate) fn factory(&self) -> Arc<dyn TempFileFactory> {
        Arc::<Shared>::clone(&self.0)
    }
}

impl Shared {
    fn with<T>(&self, read: impl FnOnce(&Opened) -> T) -> io::Result<T> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(read(opened));
        }
        let new = Opened::inside(&self.parent, self.max_bytes)?;
        Ok(read(opened.insert(new)))
    }
}

impl Opened {
    fn inside(parent: &Path, max_bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        // Otherwise another process could find the new folder before its lock.
        let _alone = locked(&parent.join(LOCK))?;
        remove_abandoned(parent)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = locked(&folder.path().join(LOCK))?;
        let mode = DiskManagerMode::Directories(vec![folder.path().to_owned()]);
        let files = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(max_bytes).build();
        Ok(Self { files: Arc::new(files.map_err(io::Error::other)?), folder: Arc::new(folder), _lock: lock })
    }
}

impl TempFileFactory for Shared {
    fn create_temp_file(&self, description: &str) -> Result<Arc<dyn SpillFile>> {
        let files = self.with(|opened| Arc::clone(&opened.files)).map_err(|error| {
            let parent = self.parent.display();
            let what = format!("cannot make a folder for temporary files in {parent}: {error}");
            DataFusionError::IoError(io::Error::new(error.kind(), what))
        })?;
        files.create_tmp_file(description)
    }
}

/// Opens a file and waits for its lock, which the system releases when the process ends.
fn locked(path: &Path) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    Ok(file)
}

fn remove_abandoned(parent: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in parent.read_dir()? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let is_abandoned = match File::options().write(true).open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_abandoned {
            std::fs::remove_dir_all(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

impl fmt::Debug for SpillFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { parent, max_bytes, .. } = &*self.0;
        f.debug_struct("SpillFolder").field("parent", parent).field("max_bytes", max_bytes).finish_non_exhaustive()
    }
}

impl PartialEq for SpillFolder {
    fn eq(&self, other: &Self) -> bool {
        (&self.0.parent, self.0.max_bytes) == (&other.0.parent, other.0.max_bytes)
    }
}

impl Eq for SpillFolder {}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn folders(parent: &Path) -> usize {
        parent.read_dir().expect("a folder").flatten().filter(|entry| entry.path().is_dir()).count()
    }

    #[test]
    fn the_folder_exists_from_the_first_file_until_nobody_uses_it() {
        let home = tempfile::tempdir().expect("a folder");
        let parent = home.path().join("spill");
        let spill = SpillFolder::inside(&parent);
        let factory = spill.factory();
        assert!(!parent.exists(), "nothing was needed yet");
        let file = factory.create_temp_file("a test").expect("a file");
        assert_eq!(folders(&parent), 1);
        drop(spill);
        assert_eq!(folders(&parent), 1, "a session still uses it");
        drop((file, factory));
        assert_eq!(folders(&parent), 0);
    }

    #[test]
    fn folders_of_killed_processes_are_removed_and_those_of_living_ones_kept() {
        let parent = tempfile::tempdir().expect("a folder");
        let living = SpillFolder::inside(parent.path());
        let path = living.new_file("kept").expect("a file");
        for (folder, lock) in [("queries-killed", LOCK), ("queries-half-made", "other"), ("of-somebody-else", LOCK)] {
            let folder = parent.path().join(folder);
            std::fs::create_dir(&folder).expect("a folder");
            std::fs::write(folder.join(lock), "").expect("a file");
        }
        assert_eq!(SpillFolder::inside(parent.path()).remove_abandoned().expect("removed"), 2);
        assert!(path.exists() && parent.path().join("of-somebody-else").exists());
        assert_eq!(folders(parent.path()), 2);
    }

    #[test]
    fn all_sessions_together_keep_to_the_limit() {
        let parent = tempfile::tempdir().expect("a folder");
        let spill = SpillFolder::limited(parent.path(), 1_000);
        let file = |bytes: usize| {
            let file = spill.factory().create_temp_file("a test").expect("a file");
            let mut writer = file.open_writer().expect("a writer");
            let written = writer.write_all(&vec![0; bytes]).and_then(|()| writer.flush());
            written.map(|()| file)
        };
        let first = file(600).expect("fits");
        assert!(file(600).is_err(), "1,200 bytes");
        drop(first);
        file(600).expect("fits again");
    }
}
