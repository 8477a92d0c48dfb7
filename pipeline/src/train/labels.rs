//! What a window says of every model alike: which lists and audiences are judged, by what.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::Snapshot;

use super::audience_gate::Sample;
use super::rankers::GROUPS;
use super::takes::{Opening, Visit, openings, takes, visits};
use super::windows::Windows;

/// Lists judged of a group at most; more only narrow the interval.
const MOST_LISTS: usize = 2_000;
/// Items of a group whose audiences are judged at most.
const MOST_ITEMS: usize = 200;

/// Days on which lists and audiences are judged at most, each with an engine of its own.
const MOST_DAYS: usize = 60;

/// Lists and audiences of the test window, by group.
pub(super) struct Labels {
    pub(super) visits: [Vec<Visit>; 2],
    pub(super) openings: [Vec<Opening>; 2],
    pub(super) sample: Sample,
}

impl Labels {
    pub(super) fn of(known: &Snapshot, windows: Windows, seed: u64) -> Self {
        let takes = GROUPS.map(|group| takes(known, group, windows));
        let mut labels = Self {
            visits: [0, 1].map(|at| visits(&takes[at], windows, seed, MOST_LISTS)),
            openings: [0, 1].map(|at| openings(known, &takes[at], windows, seed, MOST_ITEMS)),
            sample: Sample::of(known, seed),
        };
        let mut days: Vec<i64> = labels.days().into_iter().collect();
        days.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x0da7));
        days.truncate(MOST_DAYS);
        labels.visits.iter_mut().for_each(|visits| visits.retain(|visit| days.contains(&visit.day)));
        labels.openings.iter_mut().for_each(|openings| openings.retain(|opening| days.contains(&opening.day)));
        labels
    }

    /// The days on which something is judged, counted from the window's first instant.
    pub(super) fn days(&self) -> BTreeSet<i64> {
        let visits = self.visits.iter().flatten().map(|visit| visit.day);
        visits.chain(self.openings.iter().flatten().map(|opening| opening.day)).collect()
    }

    pub(super) fn visits_of(&self, group: usize, day: i64) -> &[Visit] {
        of_day(&self.visits[group], day, |visit| visit.day)
    }

    pub(super) fn openings_of(&self, group: usize, day: i64) -> &[Opening] {
        of_day(&self.openings[group], day, |opening| opening.day)
    }
}

/// What is of a day, where days ascend.
fn of_day<T>(all: &[T], day: i64, day_of: impl Fn(&T) -> i64) -> &[T] {
    let from = all.partition_point(|one| day_of(one) < day);
    let until = all.partition_point(|one| day_of(one) <= day);
    &all[from..until]
}
