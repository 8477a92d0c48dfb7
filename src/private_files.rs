//! Access rights of a home: its files belong to the account that runs the program, and no other account may read them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

/// Rights of the group and of all others.
const OTHERS: u32 = 0o077;
/// Files with secrets: password hashes, keys of programs and stores, openids.
pub(crate) const SECRET: &[&str] = &["zhihui.db", "zhihui.db-wal", "inbox.db", "inbox.db-wal", "zhihui.toml"];
/// What a home holds, besides [`SECRET`]. SQLite gives its `-wal` and `-shm` files the mode of the database when it makes them.
const OTHER_PARTS: &[&str] =
    &["zhihui.db-shm", "inbox.db-shm", "hold-out.salt", "inbox", "lake", "published", "trained", "scratch"];

/// Makes every file that this process or a child of it creates readable for its account alone.
pub(crate) fn protect_new_files() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Takes the rights of other accounts from a home and its parts, as homes of earlier versions had them. Whether anything was
/// changed; what cannot be changed is left to `doctor`.
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

/// Those of these parts of a home that other accounts may use, with their modes.
pub(crate) fn exposed(home: &Path, parts: &[&str]) -> Vec<(PathBuf, u32)> {
    let modes = parts.iter().map(|part| home.join(part)).filter_map(|path| mode_of(&path).map(|mode| (path, mode)));
    modes.filter(|(_, mode)| mode & OTHERS != 0).collect()
}

/// The permission bits of a file or folder; `None` if it does not exist.
fn mode_of(path: &Path) -> Option<u32> {
    path.metadata().ok().map(|about| about.permissions().mode() & 0o7777)
}
