//! How often and how many at once: one gate for each key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Limits;

/// Lets requests of one key through at a bounded rate and number.
///
/// A token bucket in one word: the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371), in
/// nanoseconds since the gate was made.
#[derive(Debug)]
pub(crate) struct Gate {
    made: Instant,
    /// Nanoseconds between two requests at the average rate.
    interval: u64,
    /// Nanoseconds by which requests may run ahead of the average.
    tolerance: u64,
    arrival: AtomicU64,
    inside: AtomicUsize,
    places: usize,
}

/// Why a request may not pass now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy {
    /// When it is worth asking again.
    pub(crate) after: Duration,
}

/// One request inside; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Passage(Arc<Gate>);

impl Drop for Passage {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let interval = 1_000_000_000 / u64::from(limits.requests_per_second.max(1));
        Self {
            made: Instant::now(),
            interval,
            tolerance: interval.saturating_mul(u64::from(limits.burst.max(1))),
            arrival: AtomicU64::new(0),
            inside: AtomicUsize::new(0),
            places: limits.concurrent_requests.max(1),
        }
    }

    /// Takes a place and a token.
    ///
    /// # Errors
    /// [`Busy`] when there is none; nothing is taken then.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Passage, Busy> {
        if self.inside.fetch_add(1, Ordering::Relaxed) >= self.places {
            self.inside.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy { after: Duration::from_secs(1) });
        }
        let passage = Passage(Arc::clone(self));
        let now = u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take_token(now)?;
        Ok(passage)
    }

    fn take_token(&self, now: u64) -> Result<(), Busy> {
        let mut arrival = self.arrival.load(Ordering::Relaxed);
        loop {
            let next = arrival.max(now).saturating_add(self.interval);
            let ahead = next.saturating_sub(now);
            if ahead > self.tolerance {
                return Err(Busy { after: Duration::from_nanos(ahead - self.tolerance) });
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

    fn gate(requests_per_second: u32, burst: u32, concurrent_requests: usize) -> Arc<Gate> {
        Arc::new(Gate::new(&Limits { requests_per_second, burst, concurrent_requests, ..Limits::default() }))
    }

    #[test]
    fn a_burst_passes_then_the_average_counts() {
        let gate = gate(10, 3, 100);
        assert!((0..3).all(|_| gate.take_token(0).is_ok()));
        assert_eq!(gate.take_token(0), Err(Busy { after: Duration::from_millis(100) }));
        assert!(gate.take_token(100_000_000).is_ok());
        assert!(gate.take_token(100_000_000).is_err());
        assert!((0..3).all(|_| gate.take_token(10_000_000_000).is_ok()));
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_done() {
        let gate = gate(1_000, 1_000, 1);
        let first = gate.enter().expect("a free place");
        assert!(gate.enter().is_err());
        drop(first);
        assert!(gate.enter().is_ok());
    }
}
