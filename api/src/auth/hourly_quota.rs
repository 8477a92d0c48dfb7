//! Limits how often a caller may perform an irreversible action.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Length of the sliding window in seconds.
const WINDOW: i64 = 3_600;

/// Maximum number of actions by each caller within an hour.
#[derive(Debug)]
pub(crate) struct HourlyQuota {
    max: usize,
    /// Times of the actions by caller, ascending.
    actions: Mutex<HashMap<String, VecDeque<i64>>>,
}

impl HourlyQuota {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, actions: Mutex::default() }
    }

    /// Counts an action.
    ///
    /// # Errors
    /// Seconds until the next action, if the quota is used up. The action is not counted then.
    pub(crate) fn take(&self, caller: &str, now: i64) -> Result<(), u64> {
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        for own in actions.values_mut() {
            while own.front().is_some_and(|&at| now - at >= WINDOW) {
                own.pop_front();
            }
        }
        actions.retain(|_, own| !own.is_empty());
        let own = actions.entry(caller.to_owned()).or_default();
        if own.len() < self.max {
            own.push_back(now);
            return Ok(());
        }
        let free_at = own.front().map_or(now, |&at| at) + WINDOW;
        Err(u64::try_from(free_at - now).unwrap_or(1).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_quota_that_refills_after_an_hour() {
        let quota = HourlyQuota::new(2);
        assert_eq!([quota.take("a", 0), quota.take("a", 10), quota.take("a", 20)], [Ok(()), Ok(()), Err(3_580)]);
        assert_eq!(quota.take("b", 20), Ok(()));
        assert_eq!([quota.take("a", 3_600), quota.take("a", 3_600)], [Ok(()), Err(10)]);
    }
}
