//! Limits on long computations: concurrency for the whole service and for each caller, and cancellation.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::middleware::problem::{Code, Problem};
use crate::settings::Limits;

/// Callers remembered before those without a computation are dropped.
const MAX_IDLE_CALLERS: usize = 1_000;

tokio::task_local! {
    /// Name of the caller of the current request. The middleware sets it, so that no handler can forget to count a
    /// computation for its caller.
    pub(crate) static CALLER: Arc<str>;
}

/// Semaphores for long computations and for password checks.
#[derive(Debug)]
pub(crate) struct Computations {
    all: Arc<Semaphore>,
    max: usize,
    max_per_caller: usize,
    by_caller: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
    sign_ins: Arc<Semaphore>,
    /// How long a computation waits for a permit.
    wait: Duration,
    /// How long the caller waits for a computation before it is asked to retry.
    time: Duration,
}

/// Permission for one long computation, released on drop.
#[derive(Debug)]
pub(crate) struct ComputationPermit {
    _of_caller: Option<OwnedSemaphorePermit>,
    _of_all: OwnedSemaphorePermit,
}

impl Computations {
    pub(crate) fn new(limits: &Limits) -> Self {
        let max = limits.heavy_requests.max(1);
        Self {
            all: Arc::new(Semaphore::new(max)),
            max,
            max_per_caller: limits.heavy_per_caller.max(1),
            by_caller: Mutex::default(),
            sign_ins: Arc::new(Semaphore::new(limits.sign_ins.max(1))),
            wait: limits.heavy_wait,
            time: limits.heavy_time,
        }
    }

    /// Number of long computations in progress.
    pub(crate) fn running(&self) -> usize {
        self.max - self.all.available_permits()
    }

    /// Waits for a permit of the caller, then for one of the service.
    pub(crate) async fn acquire(&self) -> Result<ComputationPermit, Problem> {
        let deadline = Instant::now() + self.wait;
        let of_caller = match self.of_caller() {
            Some(own) => Some(acquire(own, deadline).await?),
            None => None,
        };
        let of_all = acquire(Arc::clone(&self.all), deadline).await?;
        Ok(ComputationPermit { _of_caller: of_caller, _of_all: of_all })
    }

    /// Waits for a permit to check a password. Password checks have their own permits, so that people can sign in while
    /// all others are taken.
    pub(crate) async fn acquire_sign_in(&self) -> Result<OwnedSemaphorePermit, Problem> {
        acquire(Arc::clone(&self.sign_ins), Instant::now() + self.wait).await
    }

    /// Runs `work` on a blocking thread. The permit is held until the work ends, even if its caller has gone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CancelFlag) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = self.acquire().await?;
        timeout(self.time, run_with(permit, work)).await.unwrap_or_else(|_elapsed| {
            let seconds = self.time.as_secs();
            let detail = format!("the computation took longer than {seconds} s; try again later");
            Err(Problem::new(Code::Busy, detail).retry_after(10))
        })
    }

    /// Like [`run`](Self::run), for work that no request waits for: it may take as long as it needs.
    pub(crate) async fn run_in_background<T: Send + 'static>(
        &self,
        work: impl FnOnce(&CancelFlag) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        run_with(self.acquire().await?, work).await
    }

    /// The semaphore of the current request's caller, or `None` if the request has no known caller.
    fn of_caller(&self) -> Option<Arc<Semaphore>> {
        let caller = CALLER.try_with(Arc::clone).ok()?;
        let mut by_caller = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        if by_caller.len() >= MAX_IDLE_CALLERS {
            // A permit keeps its semaphore alive, so the count is above one while a computation runs or waits.
            by_caller.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        let new = || Arc::new(Semaphore::new(self.max_per_caller));
        Some(Arc::clone(by_caller.entry(caller).or_insert_with(new)))
    }
}

/// Runs `work` on a blocking thread, and cancels it if the returned future is dropped.
async fn run_with<T: Send + 'static>(
    permit: ComputationPermit,
    work: impl FnOnce(&CancelFlag) -> T + Send + 'static,
) -> Result<T, Problem> {
    let cancel = CancelFlag::default();
    let _cancel_on_drop = CancelOnDrop(cancel.clone());
    let running = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work(&cancel)
    });
    running.await.map_err(|error| {
        tracing::error!(%error, "a long computation failed");
        Problem::new(Code::Internal, "the computation failed; see the log of the service")
    })
}

async fn acquire(semaphore: Arc<Semaphore>, deadline: Instant) -> Result<OwnedSemaphorePermit, Problem> {
    match timeout_at(deadline, semaphore.acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Problem::new(Code::Busy, "too many long computations; try again in a few seconds").retry_after(5)),
    }
}

/// Cancels a computation when its caller disconnects.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Whether the computation should end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Sets the flag when the waiting future is dropped, whether it timed out or its client disconnected.
#[derive(Debug)]
struct CancelOnDrop(CancelFlag);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
