//! What a window says of every model alike: which lists and audiences are judged, by what.

use std::collections::BTreeSet;

use zhihui_data::snapshot::Snapshot;

use super::audience_gate::Sample;
use super::rankers::GROUPS;
use super::takes::{Opening, Visit, openings, takes, visits};
use super::windows::Windows;

/// Lists judged of a group at most; more only narrow the interval.
const MOST_LISTS: usize = 2_000;
/// Items of a group whose audiences are judged at most.
const MOST_ITEMS: usize = 200;

/// Lists and audiences of the test window, by group.
pub(super) struct Labels {
    pub(super) visits: [Vec<Visit>; 2],
    pub(super) openings: [Vec<Opening>; 2],
    pub(super) sample: Sample,
}

impl Labels {
    pub(super) fn of(known: &Snapshot, windows: Windows, mornings: &[i64], seed: u64) -> Self {
        let takes = GROUPS.map(|group| takes(known, group, windows));
        Self {
            visits: [0, 1].map(|at| visits(&takes[at], mornings, seed, MOST_LISTS)),
            openings: [0, 1].map(|at| openings(known, &takes[at], windows, mornings, seed, MOST_ITEMS)),
            sample: Sample::of(known, seed),
        }
    }

    /// The mornings whose engines judge something.
    pub(super) fn mornings(&self) -> BTreeSet<i64> {
        let visits = self.visits.iter().flatten().map(|visit| visit.morning);
        visits.chain(self.openings.iter().flatten().map(|opening| opening.morning)).collect()
    }

    pub(super) fn visits_of(&self, group: usize, morning: i64) -> &[Visit] {
        of_morning(&self.visits[group], morning, |visit| visit.morning)
    }

    pub(super) fn openings_of(&self, group: usize, morning: i64) -> &[Opening] {
        of_morning(&self.openings[group], morning, |opening| opening.morning)
    }
}

/// What is of a morning, where mornings ascend.
fn of_morning<T>(all: &[T], morning: i64, morning_of: impl Fn(&T) -> i64) -> &[T] {
    let from = all.partition_point(|one| morning_of(one) < morning);
    let until = all.partition_point(|one| morning_of(one) <= morning);
    &all[from..until]
}
