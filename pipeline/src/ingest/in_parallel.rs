//! Work for many elements on all processors.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `work` for all elements on as many threads as there are processors. Returns the results in order.
///
/// Does not use rayon: a rayon thread that waits for polars would start further files on its stack, until it overflows.
pub(super) fn in_parallel<T: Sync, R: Send>(elements: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut results = Vec::new();
        while let Some((at, element)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, elements.get(at)?)))
        {
            results.push((at, work(element)));
        }
        results
    };
    let threads = threads().min(elements.len());
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Number of threads that [`in_parallel`] uses at most.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
