//! What the computation of days keeps in memory.

use std::collections::HashSet;

use tokio::sync::Mutex;

/// Makes sure that one computation runs at a time, and that a rule which cannot be evaluated is tried once a snapshot.
#[derive(Debug, Default)]
pub(crate) struct DayState {
    pub(crate) failures: Mutex<Failures>,
}

/// The versions of audiences that the snapshot cannot evaluate.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    snapshot: String,
    versions: HashSet<(String, i64)>,
}

impl Failures {
    /// Forgets the failures with an earlier snapshot.
    pub(crate) fn begin(&mut self, snapshot: &str) {
        if self.snapshot != snapshot {
            *self = Self { snapshot: snapshot.to_owned(), versions: HashSet::new() };
        }
    }

    pub(crate) fn has(&self, audience: &str, version: i64) -> bool {
        self.versions.contains(&(audience.to_owned(), version))
    }

    pub(crate) fn add(&mut self, audience: &str, version: i64) {
        self.versions.insert((audience.to_owned(), version));
    }
}
