//! How often each caller may do what cannot be undone.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Seconds within which acts are counted.
const WINDOW: i64 = 3_600;

/// A number of acts within an hour for each caller.
#[derive(Debug)]
pub(crate) struct Budget {
    most: usize,
    /// Instants of the acts by caller, ascending.
    acts: Mutex<HashMap<String, VecDeque<i64>>>,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, acts: Mutex::default() }
    }

    /// Counts one more act.
    ///
    /// # Errors
    /// Seconds until the next act, where the budget is used up; nothing is counted then.
    pub(crate) fn take(&self, caller: &str, now: i64) -> Result<(), u64> {
        let mut acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
        for own in acts.values_mut() {
            while own.front().is_some_and(|&at| now - at >= WINDOW) {
                own.pop_front();
            }
        }
        acts.retain(|_, own| !own.is_empty());
        let own = acts.entry(caller.to_owned()).or_default();
        if own.len() < self.most {
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
    fn each_caller_has_a_budget_that_comes_back_after_an_hour() {
        let budget = Budget::new(2);
        assert_eq!([budget.take("a", 0), budget.take("a", 10), budget.take("a", 20)], [Ok(()), Ok(()), Err(3_580)]);
        assert_eq!(budget.take("b", 20), Ok(()));
        assert_eq!([budget.take("a", 3_600), budget.take("a", 3_600)], [Ok(()), Err(10)]);
    }
}
