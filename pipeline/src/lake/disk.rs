//! The file-system calls that durability depends on, as a trait, so that tests can simulate the loss of unsynced data.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// File-system calls whose order decides what survives a power failure.
pub trait Disk: std::fmt::Debug + Send + Sync + 'static {
    /// Creates an empty file. The name must not exist.
    ///
    /// # Errors
    /// The system's error.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Syncs a file's content (fsync).
    ///
    /// # Errors
    /// The system's error. The content must be considered lost.
    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()>;
    /// Syncs the names in a folder (fsync).
    ///
    /// # Errors
    /// The system's error. New names must be considered lost.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Creates a hard link. The new name must not exist.
    ///
    /// # Errors
    /// `AlreadyExists` if the name exists, otherwise the system's error.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Renames a file and replaces an existing file of the new name.
    ///
    /// # Errors
    /// The system's error.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Creates a folder. Its parent must exist.
    ///
    /// # Errors
    /// `AlreadyExists` if the name exists, otherwise the system's error.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
}

/// Creates a folder and its missing parents durably.
///
/// # Errors
/// The system's error.
pub fn make_folder(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new(""));
    make_folder(disk, parent)?;
    match disk.create_folder(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => disk.sync_folder(if parent.as_os_str().is_empty() { Path::new(".") } else { parent }),
    }
}

/// Creates or replaces a file atomically and durably.
///
/// # Errors
/// The system's error. An existing file is then unchanged.
pub fn replace_file(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    replace_file_with(disk, path, |file| file.write_all(content))
}

/// Creates or replaces a file atomically and durably with what `write` writes. Waits while another process or thread replaces a
/// file of the same folder.
///
/// # Errors
/// The system's error, or that of `write`. An existing file is then unchanged.
pub fn replace_file_with<T, E: From<io::Error>>(
    disk: &dyn Disk,
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Writers of one file use the same temporary name. Some network file systems cannot lock a folder.
    let locked = File::open(folder)?;
    if let Err(error) = locked.lock() {
        tracing::debug!(folder = %folder.display(), %error, "writers of this folder do not wait for one another");
    }
    let temporary = path.with_extension("new");
    // A killed process may have left one.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = disk.create(&temporary)?;
    let written = write(&mut file)?;
    disk.sync_file(&file, &temporary)?;
    disk.rename(&temporary, path)?;
    disk.sync_folder(folder)?;
    Ok(written)
}

/// The operating system's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        File::options().write(true).create_new(true).open(path)
    }

    fn sync_file(&self, file: &File, _: &Path) -> io::Result<()> {
        file.sync_all()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }
}
