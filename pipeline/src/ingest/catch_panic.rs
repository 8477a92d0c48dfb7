//! Catches panics of third-party decoders, so that a damaged file fails without ending the run.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Returns the result of `work`. `None` if it panicked.
pub(super) fn catch_panic<R>(work: impl FnOnce() -> R) -> Option<R> {
    let before = IS_CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_CATCHING.set(before);
    result.ok()
}

/// Whether panics of this thread are caught and reported as damaged files, so that the panic hook need not print them.
#[must_use]
pub fn catches_panics() -> bool {
    IS_CATCHING.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_work_is_caught() {
        assert_eq!(catch_panic(catches_panics), Some(true));
        assert_eq!(catch_panic(|| -> u8 { panic!("a decoder panics") }), None);
        assert!(!catches_panics());
    }
}
