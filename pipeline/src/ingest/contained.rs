//! Work of decoders that are not ours: where one panics on a damaged file, that costs the file and not the run.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// What the work gives, `None` where it panicked.
pub(super) fn contained<R>(work: impl FnOnce() -> R) -> Option<R> {
    let before = CONTAINED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(before);
    result.ok()
}

/// Whether a panic of this thread is going to be told of as a damaged file: for a program's panic hook, which need not.
#[must_use]
pub fn contains_panics() -> bool {
    CONTAINED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_the_work_and_no_more() {
        assert_eq!(contained(contains_panics), Some(true));
        assert_eq!(contained(|| -> u8 { panic!("a decoder gives up") }), None);
        assert!(!contains_panics());
    }
}
