//! The few system calls on which durability rests, behind a trait so that a test can lose what was not synced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// File-system calls whose order decides what survives a power cut.
pub trait Disk: std::fmt::Debug + Send + Sync + 'static {
    /// Makes an empty file that must not exist.
    ///
    /// # Errors
    /// The system's.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Forces a file's content to the medium.
    ///
    /// # Errors
    /// The system's; the content must then be taken as lost.
    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()>;
    /// Forces the names in a folder to the medium.
    ///
    /// # Errors
    /// The system's; new names must then be taken as lost.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Gives a file a second name, which must not exist.
    ///
    /// # Errors
    /// `AlreadyExists` for a taken name, else the system's.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Moves a file, replacing the one that has the name.
    ///
    /// # Errors
    /// The system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes one folder, whose parent exists.
    ///
    /// # Errors
    /// `AlreadyExists` for a taken name, else the system's.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
}

/// Makes a folder and those above it that are missing, durably.
///
/// # Errors
/// The system's.
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

/// Puts a file with this content in the place of the one that may lie there: whole or not at all, and durably.
///
/// # Errors
/// The system's; what lay there is then what it was.
pub fn replace_file(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    // One that was killed may have left its own.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = disk.create(&beside)?;
    file.write_all(content)?;
    disk.sync_file(&file, &beside)?;
    disk.rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| disk.sync_folder(folder))
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
