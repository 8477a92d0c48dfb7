//! Counts exposures of new items and responses since the snapshot, independent of the order of events.

use std::sync::Arc;

use super::Overlay;
use crate::{
    Engine,
    answer::Who,
    recommend::{LiveCounts, response_outcome},
};

/// What one person adds to the counts of one new item: exposures (0 or 1) and responses, without those in the snapshot.
pub(super) type Change = (u32, (i64, i64));

/// The index of an item among the new items.
pub(super) fn new_item(engine: &Engine, item: u32) -> Option<u32> {
    engine.pool().slot_of(item).and_then(|slot| engine.new_items().of_slot(slot)).map(|new_item| new_item as u32)
}

/// Updates the counts of a new item when one person's outcome changes.
pub(super) fn update(counts: &mut Arc<LiveCounts>, new_item: u32, before: (bool, bool), now: (bool, bool)) {
    let change = difference(before, now);
    if change != (0, 0) {
        add(counts, (new_item, change), 1);
    }
}

fn add(counts: &mut Arc<LiveCounts>, (new_item, change): Change, sign: i64) {
    let count = Arc::make_mut(counts).entry(new_item).or_default();
    *count = (count.0 + sign * change.0, count.1 + sign * change.1);
}

fn difference(before: (bool, bool), now: (bool, bool)) -> (i64, i64) {
    (i64::from(now.0) - i64::from(before.0), i64::from(now.1) - i64::from(before.1))
}

impl Overlay {
    /// What a person's events since the snapshot add to the counts.
    pub(super) fn contribution_of(&mut self, engine: &Engine, who: Who<'_>) -> Vec<Change> {
        let (row, live) = self.entry(engine, who);
        let mut new_items: Vec<(u32, u32)> =
            live.events.iter().filter_map(|event| Some((new_item(engine, event.item)?, event.item))).collect();
        new_items.sort_unstable();
        new_items.dedup();
        let snapshot = engine.snapshot();
        let change = |(new_item, item): (u32, u32)| {
            (
                new_item,
                difference(
                    response_outcome(snapshot, row, None, item),
                    response_outcome(snapshot, row, Some(live), item),
                ),
            )
        };
        new_items.into_iter().map(change).collect()
    }

    /// Replaces the previous contributions of some people by their current ones.
    pub(super) fn recount(&mut self, before: Vec<Change>, now: Vec<Change>) {
        let changes = before.into_iter().map(|change| (change, -1)).chain(now.into_iter().map(|change| (change, 1)));
        for (change, sign) in changes {
            add(&mut self.live_counts, change, sign);
        }
    }
}
