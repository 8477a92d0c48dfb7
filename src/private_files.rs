//! Access rights of a home: only the account that runs the program can read its files.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

/// Permission bits of the group and of others.
const OTHERS: u32 = 0o077;
/// Files with secrets: password hashes, keys and openids.
pub(crate) const SECRET: &[&str] = &["zhihui.db", "zhihui.db-wal", "inbox.db", "inbox.db-wal", "zhihui.toml"];
/// Other parts of a home. SQLite gives new `-wal` and `-shm` files the mode of the database.
const OTHER_PARTS: &[&str] =
    &["zhihui.db-shm", "inbox.db-shm", "hold-out.salt", "inbox", "lake", "published", "trained", "scratch", "spill"];

/// Sets the umask so that new files of this process and its children are private.
pub(crate) fn protect_new_files() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Removes access of other accounts from a home and its parts; homes of earlier versions had it. Returns whether
/// anything was changed. `doctor` reports what could not be changed.
pub(crate) fn protect(home: &Path) -> bool {
    let parts = SECRET.iter().chain(OTHER_PARTS).map(|part| home.join(part));
    let mut changed = false;
    for path in std::iter::once(home.to_owned()).chain(parts) {
        if let Some(mode) = mode_of(&path).filter(|mode| mode & OTHERS != 0) {
            changed |= std::fs::set_permissions(&path, Permissions::from_mode(mode & !OTHERS)).is_ok();
        }
    }
    changed
}

/// Returns the parts that other accounts can access, with their modes.
pub(crate) fn exposed(home: &Path, parts: &[&str]) -> Vec<(PathBuf, u32)> {
    let modes = parts.iter().map(|part| home.join(part)).filter_map(|path| mode_of(&path).map(|mode| (path, mode)));
    modes.filter(|(_, mode)| mode & OTHERS != 0).collect()
}

/// Returns the permission bits of a file or folder, or `None` if it does not exist.
fn mode_of(path: &Path) -> Option<u32> {
    path.metadata().ok().map(|metadata| metadata.permissions().mode() & 0o7777)
}
