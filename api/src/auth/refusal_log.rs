//! Limits the refusals in the audit log to one a minute for each kind and caller, so that nobody can flood the log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Seconds between two entries of the same kind.
const INTERVAL: i64 = 60;

/// When each kind of refusal was last recorded.
#[derive(Debug, Default)]
pub(crate) struct RefusalLog(Mutex<HashMap<String, Recorded>>);

#[derive(Debug)]
struct Recorded {
    at: i64,
    /// Refusals since then that were not recorded.
    skipped: u64,
}

impl RefusalLog {
    /// Counts a refusal. If an entry is due, returns the number of refusals since the last one.
    pub(crate) fn due(&self, kind: &str, now: i64) -> Option<u64> {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = recorded.get_mut(kind).filter(|last| (0..INTERVAL).contains(&(now - last.at))) {
            last.skipped += 1;
            return None;
        }
        // Older entries are needed only if they have skipped refusals.
        recorded.retain(|_, last| last.skipped > 0 || now - last.at < INTERVAL);
        let before = recorded.insert(kind.to_owned(), Recorded { at: now, skipped: 0 });
        Some(before.map_or(0, |before| before.skipped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_a_minute_is_recorded_with_the_number_of_skipped_ones() {
        let refusals = RefusalLog::default();
        assert_eq!(refusals.due("a", 0), Some(0));
        assert_eq!((refusals.due("a", 1), refusals.due("a", 59)), (None, None));
        assert_eq!(refusals.due("b", 59), Some(0));
        assert_eq!(refusals.due("a", 60), Some(2));
    }
}
