//! The single writer: an operating-system lock, which a dead process cannot keep.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use super::LakeError;

/// Held while a process writes to the lake; the lock ends with it.
#[derive(Debug)]
pub struct LakeLock {
    _file: File,
}

impl LakeLock {
    /// Takes the lock of a file, at once or not at all.
    pub(super) fn take(path: &Path) -> Result<Self, LakeError> {
        let io = |what| move |source| LakeError::Io { what, path: path.display().to_string(), source };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("opening the lock file"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if known { holder.trim().to_owned() } else { "process unknown".to_owned() };
                return Err(LakeError::Busy { holder });
            }
            Err(TryLockError::Error(source)) => return Err(io("locking")(source)),
        }
        let note = format!("process {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(note.as_bytes()))
            .map_err(io("writing the lock file"))?;
        Ok(Self { _file: file })
    }

    /// Takes the lock as soon as it is free, trying for `patience`.
    pub(super) async fn wait(path: &Path, patience: Duration) -> Result<Self, LakeError> {
        const STEP: Duration = Duration::from_millis(200);
        let mut waited = Duration::ZERO;
        loop {
            match Self::take(path) {
                Err(LakeError::Busy { holder }) if waited < patience => {
                    if waited.is_zero() {
                        tracing::info!(holder, "waiting for another writer of the lake");
                    }
                    tokio::time::sleep(STEP).await;
                    waited += STEP;
                }
                other => return other,
            }
        }
    }
}
