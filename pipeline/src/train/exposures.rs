//! Exposures in a window, with the responses to them.

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::item_group::group_of;
use super::windows::DAY;

/// Minimum number of exposures, and of responses among them, for calibration on exposures.
const MIN_EXPOSURES: usize = 500;
const MIN_RESPONSES: usize = 30;

/// The kinds of events by which a member sees an item.
pub(super) const ANY_EXPOSURE: &[EventKind] = &[EventKind::Shown, EventKind::Push];

/// One exposure, and whether the member responded in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exposure {
    pub(super) member: u32,
    pub(super) item: u32,
    pub(super) at: i64,
    pub(super) responded: bool,
}

/// Returns the time in which a response counts: 72 hours for a read, 7 days for a sign-up. Unit: seconds.
pub(super) fn horizon(group: ItemGroup) -> i64 {
    match group {
        ItemGroup::Articles => 3 * DAY,
        ItemGroup::Activities => 7 * DAY,
    }
}

/// Returns whether probabilities can be calibrated on these numbers of exposures and responses.
pub(super) fn are_enough(exposures: usize, responses: usize) -> bool {
    exposures >= MIN_EXPOSURES && responses >= MIN_RESPONSES
}

fn response_kind(group: ItemGroup) -> EventKind {
    match group {
        ItemGroup::Articles => EventKind::Read,
        ItemGroup::Activities => EventKind::SignUp,
    }
}

/// Returns at most `limit` exposures of `group` by events of these kinds in `[from, until)`, the first of each pair. Exposures whose time to respond does not end by
/// `known_until` are left out, so that later events are never used.
pub(super) fn observed(
    snapshot: &Snapshot,
    (group, kinds): (ItemGroup, &[EventKind]),
    [from, until, known_until]: [i64; 3],
    limit: usize,
    seed: u64,
) -> Vec<Exposure> {
    let until = until.min(known_until - horizon(group));
    let history = &snapshot.history;
    let mut found = Vec::new();
    let mut first_shown: HashMap<u32, i64> = HashMap::new();
    for member in (0..snapshot.members.id.len()).filter(|&member| snapshot.members.personalised[member]) {
        first_shown.clear();
        let events = history.of(member);
        for event in events.clone() {
            let (item, at) = (history.item(event), history.at(event));
            let is_exposure = kinds.contains(&history.kind(event)) && (from..until).contains(&at);
            if is_exposure && group_of(snapshot, item as usize) == group {
                first_shown.entry(item).or_insert(at);
            }
        }
        if first_shown.is_empty() {
            continue;
        }
        let responded = first_responses(snapshot, member, group, known_until);
        let mut items: Vec<(u32, i64)> = first_shown.iter().map(|(&item, &at)| (item, at)).collect();
        items.sort_unstable();
        for (item, at) in items {
            let response = responded.get(&item).copied();
            // A member who responded earlier was not a candidate.
            if response.is_none_or(|response| response >= at) {
                let responded = response.is_some_and(|response| response < at + horizon(group));
                found.push(Exposure { member: member as u32, item, at, responded });
            }
        }
    }
    sample_at_most(found, limit, &mut ChaCha8Rng::seed_from_u64(seed ^ 0x71f3))
}

/// Returns the first response of a member to each item before `until`. Sign-ups cancelled by then are left out.
pub(crate) fn first_responses(snapshot: &Snapshot, member: usize, group: ItemGroup, until: i64) -> HashMap<u32, i64> {
    let history = &snapshot.history;
    let mut first = HashMap::new();
    let withdrawn = history.withdrawn(member, until);
    let events = history.of(member).take_while(|&event| history.at(event) < until);
    for event in events.filter(|&event| history.kind(event) == response_kind(group)) {
        if !withdrawn.contains(&history.item(event)) {
            first.entry(history.item(event)).or_insert(history.at(event));
        }
    }
    first
}

/// Returns a random sample of at most `limit` examples, in order.
fn sample_at_most(examples: Vec<Exposure>, limit: usize, rng: &mut ChaCha8Rng) -> Vec<Exposure> {
    if examples.len() <= limit {
        return examples;
    }
    let share = limit as f64 / examples.len() as f64;
    examples.into_iter().filter(|_| rng.gen_bool(share)).collect()
}
