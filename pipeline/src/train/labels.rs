//! Labels of the test window. All models are judged by the same lists, audiences and responses.

use std::collections::BTreeSet;

use zhihui_data::snapshot::Snapshot;

use super::audience_gate::Sample;
use super::item_group::GROUPS;
use super::responses::{LabelledAudience, LabelledList, labelled_audiences, labelled_lists, new_responses};
use super::windows::Windows;

/// Maximum number of judged lists of a group. More only narrow the interval.
const MAX_LISTS: usize = 2_000;
/// Maximum number of items of a group whose audiences are judged.
const MAX_ITEMS: usize = 200;

/// Lists and audiences of the test window, by group.
pub(super) struct Labels {
    pub(super) lists: [Vec<LabelledList>; 2],
    pub(super) audiences: [Vec<LabelledAudience>; 2],
    pub(super) sample: Sample,
}

impl Labels {
    pub(super) fn of(assembled: &Snapshot, windows: Windows, day_starts: &[i64], seed: u64) -> Self {
        let new_responses = GROUPS.map(|group| new_responses(assembled, group, windows));
        Self {
            lists: [0, 1].map(|at| labelled_lists(&new_responses[at], day_starts, seed, MAX_LISTS)),
            audiences: [0, 1]
                .map(|at| labelled_audiences(assembled, &new_responses[at], windows, day_starts, seed, MAX_ITEMS)),
            sample: Sample::of(assembled, seed),
        }
    }

    /// Days on which a list or an audience is judged.
    pub(super) fn day_starts(&self) -> BTreeSet<i64> {
        let lists = self.lists.iter().flatten().map(|list| list.day_start);
        lists.chain(self.audiences.iter().flatten().map(|audience| audience.day_start)).collect()
    }

    pub(super) fn lists_of(&self, group: usize, day_start: i64) -> &[LabelledList] {
        of_day(&self.lists[group], day_start, |list| list.day_start)
    }

    pub(super) fn audiences_of(&self, group: usize, day_start: i64) -> &[LabelledAudience] {
        of_day(&self.audiences[group], day_start, |audience| audience.day_start)
    }
}

/// Returns the elements of one day. Elements are sorted by day.
fn of_day<T>(all: &[T], day_start: i64, day_start_of: impl Fn(&T) -> i64) -> &[T] {
    let from = all.partition_point(|element| day_start_of(element) < day_start);
    let until = all.partition_point(|element| day_start_of(element) <= day_start);
    &all[from..until]
}
