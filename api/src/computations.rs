//! Long computations: their places, those of the whole service and those of each caller, and the signal that ends one early.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::problem::{Code, Problem};
use crate::service::{Live, Service};
use crate::settings::Limits;

/// Callers remembered before those without a computation are forgotten.
const MOST_IDLE: usize = 1_000;

tokio::task_local! {
    /// The name of who sent the request in progress. Set where requests come in, so that no handler can forget to count a
    /// computation for its caller.
    pub(crate) static CALLER: Arc<str>;
}

/// Places for long computations and for passwords being verified.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    most: usize,
    each: usize,
    callers: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
    sign_ins: Arc<Semaphore>,
    wait: Duration,
}

/// A place for one long computation; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Place {
    _of_caller: Option<OwnedSemaphorePermit>,
    _of_all: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = limits.heavy_requests.max(1);
        Self {
            all: Arc::new(Semaphore::new(most)),
            most,
            each: limits.heavy_per_caller.max(1),
            callers: Mutex::default(),
            sign_ins: Arc::new(Semaphore::new(limits.sign_ins.max(1))),
            wait: limits.heavy_wait,
        }
    }

    /// Long computations in progress.
    pub(crate) fn taken(&self) -> usize {
        self.most - self.all.available_permits()
    }

    /// The places of who sent the request in progress; `None` outside a request of a known caller.
    fn of_caller(&self) -> Option<Arc<Semaphore>> {
        let caller = CALLER.try_with(Arc::clone).ok()?;
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= MOST_IDLE {
            // A permit keeps its semaphore, so this one is shared while a computation runs or waits.
            callers.retain(|_, places| Arc::strong_count(places) > 1);
        }
        Some(Arc::clone(callers.entry(caller).or_insert_with(|| Arc::new(Semaphore::new(self.each)))))
    }
}

impl Service {
    /// Waits for a place among the long computations of the caller, then among all.
    pub(crate) async fn heavy(&self) -> Result<Place, Problem> {
        let places = self.places();
        let until = Instant::now() + places.wait;
        let of_caller = match places.of_caller() {
            Some(own) => Some(place(own, until).await?),
            None => None,
        };
        let of_all = place(Arc::clone(&places.all), until).await?;
        Ok(Place { _of_caller: of_caller, _of_all: of_all })
    }

    /// Waits for a place among the passwords being checked: places of their own, so that people can sign in while every
    /// other one is taken.
    pub(crate) async fn sign_in_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let places = self.places();
        place(Arc::clone(&places.sign_ins), Instant::now() + places.wait).await
    }

    /// Runs a long computation on a thread of its own, on what answers now. It keeps its place until it has ended, whether or
    /// not anybody still waits for it.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Live) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.compute_until_stopped(|live, _| work(live)).await
    }

    /// As [`Service::compute`], for work that looks at the signal and ends early once nobody waits for it.
    pub(crate) async fn compute_until_stopped<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Live, &Stop) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let live = self.live()?;
        self.blocking(move |stop| work(&live, stop)).await
    }

    /// Runs blocking work on a thread of its own in a place for long computations.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Stop) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.heavy().await?;
        let stop = Stop::default();
        let _stop_on_drop = StopOnDrop(stop.clone());
        let working = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&stop)
        });
        let limit = self.settings().limits.heavy_time;
        match tokio::time::timeout(limit, working).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                tracing::error!(%error, "a long computation failed");
                Err(Problem::new(Code::Internal, "the computation failed; the log of the service says why"))
            }
            Err(_elapsed) => {
                let detail =
                    format!("not done within {} s: the machine has too much to do; ask again later", limit.as_secs());
                Err(Problem::new(Code::Busy, detail).retry_after(10))
            }
        }
    }
}

/// A permit before an instant; a problem that says when to ask again where there is none.
async fn place(among: Arc<Semaphore>, until: Instant) -> Result<OwnedSemaphorePermit, Problem> {
    match timeout_at(until, among.acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Problem::new(Code::Busy, "every place is taken; ask again in a few seconds").retry_after(5)),
    }
}

/// Tells a computation that nobody waits for it any more.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether the computation should end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Sets a signal when it is dropped: with the future that waits, whether its time is over or its client is gone.
#[derive(Debug)]
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
