//! The lock of the single writer: an operating-system lock, which ends with its process, and in an object store the lease.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::holder::LeaseHolder;
use super::{Lake, LakeError};

/// The lock of the lake's writer, released on drop.
#[derive(Debug)]
pub struct LakeLock {
    lake: Lake,
    // Released before the file, so that the next process of this machine does not wait for the lease.
    lease: Option<LeaseHolder>,
    _file: LockFile,
}

/// The lock between the processes of this machine.
#[derive(Debug)]
struct LockFile {
    _file: File,
}

impl Drop for LakeLock {
    fn drop(&mut self) {
        self.lake.inner.hold.set(None);
        drop(self.lease.take());
    }
}

impl LakeLock {
    /// Locks a lake, waiting up to `timeout` for another process.
    pub(super) async fn wait(lake: &Lake, timeout: Duration) -> Result<Self, LakeError> {
        let started = Instant::now();
        let file = LockFile::wait(&lake.inner.lock_file, timeout).await?;
        let Some(leases) = &lake.inner.lease else { return Ok(Self { lake: lake.clone(), lease: None, _file: file }) };
        let taken = leases.object.acquire(timeout.saturating_sub(started.elapsed())).await?;
        let holder = LeaseHolder::start(leases.renewals.clone(), taken)?;
        lake.inner.hold.set(Some(Arc::clone(&holder.hold)));
        let lock = Self { lake: lake.clone(), lease: Some(holder), _file: file };
        lake.seal_tables(&leases.object).await?;
        Ok(lock)
    }
}

impl LockFile {
    /// Locks a file without waiting.
    fn take(path: &Path) -> Result<Self, LakeError> {
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
                let is_known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if is_known { holder.trim().to_owned() } else { "unknown process".to_owned() };
                return Err(LakeError::Busy { holder });
            }
            Err(TryLockError::Error(source)) => return Err(io("locking")(source)),
        }
        let holder = format!("process {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(holder.as_bytes()))
            .map_err(io("writing the lock file"))?;
        Ok(Self { _file: file })
    }

    /// Locks a file, waiting up to `timeout` for another process.
    async fn wait(path: &Path, timeout: Duration) -> Result<Self, LakeError> {
        const POLL_INTERVAL: Duration = Duration::from_millis(200);
        let mut waited = Duration::ZERO;
        loop {
            match Self::take(path) {
                Err(LakeError::Busy { holder }) if waited < timeout => {
                    if waited.is_zero() {
                        tracing::info!(holder, "waiting for another writer of the lake");
                    }
                    tokio::time::sleep(POLL_INTERVAL).await;
                    waited += POLL_INTERVAL;
                }
                other => return other,
            }
        }
    }
}
