//! Holds the lease of the lake: renews it on a thread of its own and releases it when dropped.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::LakeError;
use super::lease::{Found, Lease, LeaseObject};

/// Maximum time for the release. A lease that is not released ends with its term.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// A lease that this process took.
#[derive(Debug)]
pub(super) struct Hold {
    lease: Lease,
    lost: AtomicBool,
    sealed: AtomicBool,
    /// Commits of which it is not known whether they happened.
    unresolved: AtomicUsize,
}

/// Renews the lease until it is dropped.
#[derive(Debug)]
pub(super) struct LeaseHolder {
    pub(super) hold: Arc<Hold>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A commit on its way. Unless it is resolved, the lease is not released, so that its next holder seals the tables.
#[derive(Debug)]
pub(super) struct CommitOnItsWay(Arc<Hold>);

impl Hold {
    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    pub(super) fn set_sealed(&self) {
        self.sealed.store(true, Ordering::SeqCst);
    }

    pub(super) fn begin_commit(self: &Arc<Self>) -> CommitOnItsWay {
        self.unresolved.fetch_add(1, Ordering::SeqCst);
        CommitOnItsWay(Arc::clone(self))
    }
}

impl CommitOnItsWay {
    /// Says that the commit either happened or never will.
    pub(super) fn resolve(self) {
        self.0.unresolved.fetch_sub(1, Ordering::SeqCst);
    }
}

impl LeaseHolder {
    /// Starts to renew a lease. `object` has connections of its own, because it is used on another runtime.
    pub(super) fn start(object: LeaseObject, taken: Found) -> Result<Self, LakeError> {
        let sealed = AtomicBool::new(taken.lease.sealed);
        let hold =
            Arc::new(Hold { lease: taken.lease.clone(), lost: AtomicBool::default(), sealed, unresolved: 0.into() });
        let (stop, stopped) = oneshot::channel();
        let failed =
            |source| LakeError::Io { what: "starting the thread of", path: "the writer's lease".to_owned(), source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let of = Arc::clone(&hold);
        // Its own thread, so that no computation delays a renewal.
        let thread = std::thread::Builder::new()
            .name("lease".to_owned())
            .spawn(move || runtime.block_on(keep(&object, &of, taken, stopped)))
            .map_err(failed)?;
        Ok(Self { hold, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for LeaseHolder {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The hold of a lake and its clones, while one of them has the lock.
#[derive(Debug, Default)]
pub(super) struct CurrentHold(Mutex<Option<Arc<Hold>>>);

impl CurrentHold {
    pub(super) fn set(&self, hold: Option<Arc<Hold>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hold;
    }

    pub(super) fn get(&self) -> Option<Arc<Hold>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Renews the lease until the holder is dropped or another machine has taken it over, and then releases it.
async fn keep(object: &LeaseObject, hold: &Hold, taken: Found, mut stopped: oneshot::Receiver<()>) {
    let Found { mut lease, mut version } = taken;
    let mut pause = object.term() / 3;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            () = tokio::time::sleep(pause) => {}
        }
        let next = lease.renewed(hold.sealed.load(Ordering::SeqCst));
        pause = object.term() / 3;
        match object.write(&next, Some(version.clone())).await {
            Ok(Some(newer)) => (lease, version) = (next, newer),
            Ok(None) => match object.read().await {
                // An earlier renewal arrived after its time-out.
                Ok(Some(found)) if found.lease.is_of_same_hold(&lease) => {
                    (lease, version) = (found.lease, found.version)
                }
                Ok(_) => {
                    tracing::warn!("another machine took over the lake's lease; this run commits nothing more");
                    hold.lost.store(true, Ordering::SeqCst);
                    return;
                }
                Err(_) => pause = object.term() / 10,
            },
            Err(error) => {
                tracing::warn!(%error, "could not renew the lake's lease");
                pause = object.term() / 10;
            }
        }
    }
    if hold.unresolved.load(Ordering::SeqCst) == 0 {
        let released = lease.released(hold.sealed.load(Ordering::SeqCst));
        let done = tokio::time::timeout(RELEASE_TIMEOUT, object.write(&released, Some(version))).await;
        if !matches!(done, Ok(Ok(_))) {
            tracing::warn!("could not release the lake's lease; it ends with its term");
        }
    }
}
