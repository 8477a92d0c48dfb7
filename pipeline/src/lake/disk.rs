//! The few system calls on which durability rests, behind a trait so that a test can lose what was not synced.

use std::fs::{self, File};
use std::io;
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
