//! Rate limit of one API key: requests a second and concurrent requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Limits;

/// Limits the rate and the concurrency of requests.
///
/// A token bucket in one atomic integer: the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371), in
/// nanoseconds since the limit was created.
#[derive(Debug)]
pub(crate) struct RateLimit {
    created: Instant,
    /// Nanoseconds between two requests at the average rate.
    interval: u64,
    /// Nanoseconds by which requests may exceed the average rate.
    tolerance: u64,
    arrival: AtomicU64,
    in_progress: AtomicUsize,
    max_in_progress: usize,
}

/// The rate limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimited {
    /// When to try again.
    pub(crate) retry_after: Duration,
}

/// One request in progress, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct RateLimitPermit(Arc<RateLimit>);

impl Drop for RateLimitPermit {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RateLimit {
    pub(crate) fn new(limits: &Limits) -> Self {
        let interval = 1_000_000_000 / u64::from(limits.requests_per_second.max(1));
        Self {
            created: Instant::now(),
            interval,
            tolerance: interval.saturating_mul(u64::from(limits.burst.max(1))),
            arrival: AtomicU64::new(0),
            in_progress: AtomicUsize::new(0),
            max_in_progress: limits.concurrent_requests.max(1),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`RateLimited`] if the rate or the concurrency is exceeded. The request is not counted then.
    pub(crate) fn acquire(self: &Arc<Self>) -> Result<RateLimitPermit, RateLimited> {
        if self.in_progress.fetch_add(1, Ordering::Relaxed) >= self.max_in_progress {
            self.in_progress.fetch_sub(1, Ordering::Relaxed);
            return Err(RateLimited { retry_after: Duration::from_secs(1) });
        }
        let permit = RateLimitPermit(Arc::clone(self));
        let now = u64::try_from(self.created.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take_token(now)?;
        Ok(permit)
    }

    fn take_token(&self, now: u64) -> Result<(), RateLimited> {
        let mut arrival = self.arrival.load(Ordering::Relaxed);
        loop {
            let next = arrival.max(now).saturating_add(self.interval);
            let ahead = next.saturating_sub(now);
            if ahead > self.tolerance {
                return Err(RateLimited { retry_after: Duration::from_nanos(ahead - self.tolerance) });
            }
            match self.arrival.compare_exchange_weak(arrival, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(seen) => arrival = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate_limit(requests_per_second: u32, burst: u32, concurrent_requests: usize) -> Arc<RateLimit> {
        Arc::new(RateLimit::new(&Limits { requests_per_second, burst, concurrent_requests, ..Limits::default() }))
    }

    #[test]
    fn a_burst_is_admitted_then_the_average_rate() {
        let limit = rate_limit(10, 3, 100);
        assert!((0..3).all(|_| limit.take_token(0).is_ok()));
        assert_eq!(limit.take_token(0), Err(RateLimited { retry_after: Duration::from_millis(100) }));
        assert!(limit.take_token(100_000_000).is_ok());
        assert!(limit.take_token(100_000_000).is_err());
        assert!((0..3).all(|_| limit.take_token(10_000_000_000).is_ok()));
    }

    #[test]
    fn a_permit_is_released_when_its_request_ends() {
        let limit = rate_limit(1_000, 1_000, 1);
        let first = limit.acquire().expect("a permit");
        assert!(limit.acquire().is_err());
        drop(first);
        assert!(limit.acquire().is_ok());
    }
}
