//! A disk that loses everything that is not synced at a power failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zhihui_pipeline::lake::{Disk, SystemDisk};

/// What a sync does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Succeeds.
    Honest,
    /// Reports success without syncing.
    Lying,
    /// Fails from this call on, counted from 0.
    FailsAt(usize),
}

#[derive(Debug, Default)]
struct State {
    calls: usize,
    syncs: usize,
    /// The content of each name.
    content: BTreeMap<PathBuf, usize>,
    synced_content: BTreeSet<usize>,
    unsynced_names: BTreeSet<PathBuf>,
    /// Files that unsynced renames replaced.
    replaced: BTreeMap<PathBuf, Vec<u8>>,
}

/// The disk. The power fails at a given call and stays off.
#[derive(Debug)]
pub(crate) struct PowerDisk {
    cut_at: usize,
    fails_once: Option<usize>,
    sync: Sync,
    state: Mutex<State>,
}

impl PowerDisk {
    pub(crate) fn new(cut_at: usize, sync: Sync) -> Self {
        Self { cut_at, fails_once: None, sync, state: Mutex::default() }
    }

    /// Makes one call, counted from 0, fail without effect.
    pub(crate) fn failing_once(self, call: usize) -> Self {
        Self { fails_once: Some(call), ..self }
    }

    /// Calls made so far.
    pub(crate) fn calls(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    /// Whether the power failed during the run.
    pub(crate) fn was_cut(&self) -> bool {
        self.state.lock().unwrap().calls > self.cut_at
    }

    /// Removes unsynced names and unsynced content, as a power failure does.
    pub(crate) fn lose_unsynced(&self) {
        let state = self.state.lock().unwrap();
        for (path, content) in &state.content {
            if !state.synced_content.contains(content) && path.is_file() {
                fs::write(path, b"").unwrap();
            }
        }
        for path in &state.unsynced_names {
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                let _ = fs::remove_file(path);
                if let Some(old) = state.replaced.get(path) {
                    fs::write(path, old).unwrap();
                }
            }
        }
    }

    fn call<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        if self.fails_once == Some(state.calls - 1) {
            return Err(io::Error::from_raw_os_error(5));
        }
        if state.calls > self.cut_at { Err(io::Error::other("the power is off")) } else { work(&mut state) }
    }

    fn synced(&self, state: &mut State, work: impl FnOnce(&mut State)) -> io::Result<()> {
        let number = state.syncs;
        state.syncs += 1;
        match self.sync {
            Sync::Honest => work(state),
            Sync::Lying => {}
            Sync::FailsAt(first) if number < first => work(state),
            Sync::FailsAt(_) => return Err(io::Error::from_raw_os_error(5)),
        }
        Ok(())
    }
}

impl Disk for PowerDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.call(|state| {
            let file = SystemDisk.create(path)?;
            state.content.insert(path.to_owned(), state.calls);
            state.unsynced_names.insert(path.to_owned());
            Ok(file)
        })
    }

    fn sync_file(&self, _: &File, path: &Path) -> io::Result<()> {
        self.call(|state| {
            self.synced(state, |state| {
                let content = state.content[path];
                state.synced_content.insert(content);
            })
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.call(|state| {
            self.synced(state, |state| {
                state.unsynced_names.retain(|path| path.parent() != Some(folder));
                state.replaced.retain(|path, _| path.parent() != Some(folder));
            })
        })
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|state| {
            SystemDisk.link(from, to)?;
            let content = state.content[from];
            state.content.insert(to.to_owned(), content);
            state.unsynced_names.insert(to.to_owned());
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|state| {
            if let Ok(old) = fs::read(to) {
                state.replaced.entry(to.to_owned()).or_insert(old);
            }
            SystemDisk.rename(from, to)?;
            let content = state.content.remove(from).unwrap();
            state.unsynced_names.remove(from);
            state.content.insert(to.to_owned(), content);
            state.unsynced_names.insert(to.to_owned());
            Ok(())
        })
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|state| {
            SystemDisk.create_folder(path)?;
            state.unsynced_names.insert(path.to_owned());
            Ok(())
        })
    }
}
