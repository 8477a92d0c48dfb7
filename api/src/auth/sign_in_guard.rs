//! Counts wrong passwords in memory, and locks a name at an address, a name, or an address after too many.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::settings::SessionSettings;
use crate::store::sign_in_locks::Lock;

/// Maximum number of counted names, addresses and pairs. Beyond it, those with the fewest failures are dropped.
const MAX_COUNTED: usize = 20_000;

/// Recent failures and locks by name and address.
#[derive(Debug, Default)]
pub(crate) struct SignInGuard(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    counts: HashMap<Lock, Count>,
    locks: HashMap<Lock, ActiveLock>,
}

#[derive(Debug, Default)]
struct Count {
    failures: u32,
    /// Passwords being verified. They count as failures until verified, so that concurrent attempts cannot exceed the
    /// limit.
    pending: u32,
    last_at: i64,
}

#[derive(Debug)]
struct ActiveLock {
    until: i64,
    /// Whether the lock is in the database. A stored lock is lifted when it disappears from there.
    is_stored: bool,
}

/// A lock set by the last failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewLock {
    pub(crate) lock: Lock,
    pub(crate) until: i64,
    pub(crate) failures: u32,
}

/// An attempt to sign in. Dropping it without a result removes it from the counts.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    guard: &'a SignInGuard,
    subjects: [Lock; 3],
    is_done: bool,
}

impl SignInGuard {
    /// Starts an attempt for a name from an address.
    ///
    /// # Errors
    /// Seconds until the next attempt is allowed, if a lock holds or too many attempts are in progress.
    pub(crate) fn begin(
        &self,
        name: &str,
        address: &str,
        settings: &SessionSettings,
        now: i64,
    ) -> Result<Attempt<'_>, i64> {
        let subjects = subjects(name, address);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.evict(settings, now);
        let held = subjects.iter().filter_map(|subject| state.locks.get(subject)).map(|held| held.until - now);
        if let Some(seconds) = held.filter(|&seconds| seconds > 0).max() {
            return Err(seconds);
        }
        for (subject, limit) in subjects.iter().zip(limits(settings)) {
            let count = state.counts.entry(subject.clone()).or_default();
            if now - count.last_at >= settings.lock_seconds {
                count.failures = 0;
            }
            if count.failures + count.pending >= limit {
                return Err(1);
            }
        }
        for subject in &subjects {
            let count = state.counts.entry(subject.clone()).or_default();
            count.pending += 1;
            count.last_at = now;
        }
        Ok(Attempt { guard: self, subjects, is_done: false })
    }

    /// Replaces the stored locks. Locks that left the database are lifted together with their failures.
    pub(crate) fn restore(&self, stored: Vec<(Lock, i64)>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.locks.retain(|_, held| !held.is_stored);
        state.locks.extend(stored.into_iter().map(|(lock, until)| (lock, ActiveLock { until, is_stored: true })));
    }

    /// Marks a lock as stored in the database.
    pub(crate) fn mark_stored(&self, lock: &Lock) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = state.locks.get_mut(lock) {
            held.is_stored = true;
        }
    }
}

impl Attempt<'_> {
    /// The password was correct: resets the failures of the name and returns their number at this address. Failures of the
    /// address stay, so that the owner of an account cannot try passwords of others without limit.
    pub(crate) fn succeed(mut self) -> u32 {
        self.is_done = true;
        let mut before = 0;
        let mut state = self.guard.0.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in &self.subjects {
            if let Some(count) = state.counts.get_mut(subject) {
                count.pending = count.pending.saturating_sub(1);
                if !subject.name.is_empty() {
                    before = if subject.address.is_empty() { before } else { count.failures };
                    count.failures = 0;
                }
            }
        }
        before
    }

    /// The password was wrong: returns the locks that this failure sets.
    pub(crate) fn fail(mut self, settings: &SessionSettings, now: i64) -> Vec<NewLock> {
        self.is_done = true;
        let mut state = self.guard.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut locked = Vec::new();
        for (subject, limit) in self.subjects.iter().zip(limits(settings)) {
            let Some(count) = state.counts.get_mut(subject) else { continue };
            count.pending = count.pending.saturating_sub(1);
            count.failures += 1;
            if count.failures < limit {
                continue;
            }
            let (failures, until) = (std::mem::take(&mut count.failures), now + settings.lock_seconds);
            state.locks.insert(subject.clone(), ActiveLock { until, is_stored: false });
            locked.push(NewLock { lock: subject.clone(), until, failures });
        }
        locked
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let mut state = self.guard.0.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in &self.subjects {
            if let Some(count) = state.counts.get_mut(subject) {
                count.pending = count.pending.saturating_sub(1);
            }
        }
    }
}

impl State {
    fn evict(&mut self, settings: &SessionSettings, now: i64) {
        if self.locks.len() + self.counts.len() < MAX_COUNTED {
            return;
        }
        self.locks.retain(|_, held| held.until > now);
        self.counts.retain(|_, count| count.pending > 0 || now - count.last_at < settings.lock_seconds);
        if self.locks.len() + self.counts.len() >= MAX_COUNTED {
            self.counts.retain(|_, count| count.pending > 0 || count.failures > 1);
        }
        if self.counts.len() >= MAX_COUNTED {
            self.counts.retain(|_, count| count.pending > 0);
        }
    }
}

/// What an attempt counts for: the name at the address, the name at any address, the address with any name.
fn subjects(name: &str, address: &str) -> [Lock; 3] {
    let (name, address) = (name.trim().to_owned(), address.to_owned());
    [
        Lock { name: name.clone(), address: address.clone() },
        Lock { name, address: String::new() },
        Lock { name: String::new(), address },
    ]
}

fn limits(settings: &SessionSettings) -> [u32; 3] {
    let SessionSettings { failures_before_lock, failures_before_name_lock, failures_before_address_lock, .. } =
        settings;
    [*failures_before_lock, *failures_before_name_lock, *failures_before_address_lock].map(|limit| limit.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_attempts_count_before_they_are_verified() {
        let (guard, settings) = (SignInGuard::default(), SessionSettings::default());
        let started: Vec<_> = (0..5).map(|_| guard.begin("a", "x", &settings, 0).expect("within the limit")).collect();
        assert_eq!(guard.begin("a", "x", &settings, 0).expect_err("a sixth"), 1);
        drop(started);
        assert!(guard.begin("a", "x", &settings, 0).is_ok());
    }

    #[test]
    fn a_name_is_locked_at_one_address_first_and_everywhere_later() {
        let (guard, settings) = (SignInGuard::default(), SessionSettings::default());
        let fail = |address: &str| guard.begin("a", address, &settings, 0).map(|attempt| attempt.fail(&settings, 0));
        for _ in 0..4 {
            assert_eq!(fail("x"), Ok(Vec::new()));
        }
        assert_eq!(fail("x").expect("the fifth").len(), 1);
        assert_eq!(fail("x"), Err(settings.lock_seconds));
        guard.begin("a", "y", &settings, 0).expect("another address").succeed();
        let mut locked = Vec::new();
        for address in 0..10 {
            for _ in 0..5 {
                locked.extend(fail(&address.to_string()).unwrap_or_default());
            }
        }
        assert!(locked.iter().any(|new| new.lock.address.is_empty() && new.failures == 50), "{locked:?}");
        assert!(guard.begin("a", "z", &settings, 0).is_err());
        assert!(guard.begin("b", "z", &settings, 0).is_ok());
        assert!(guard.begin("a", "z", &settings, settings.lock_seconds).is_ok(), "the lock is over");
    }

    #[test]
    fn a_lock_removed_from_the_database_is_lifted() {
        let (guard, settings) =
            (SignInGuard::default(), SessionSettings { failures_before_lock: 1, ..Default::default() });
        let new = guard.begin("a", "x", &settings, 0).expect("open").fail(&settings, 0);
        guard.restore(Vec::new());
        assert!(guard.begin("a", "x", &settings, 0).is_err(), "not stored yet");
        guard.mark_stored(&new[0].lock);
        guard.restore(Vec::new());
        assert!(guard.begin("a", "x", &settings, 0).is_ok());
    }
}
