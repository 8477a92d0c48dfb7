//! What was put before members in a window, and what became of it.

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::learn::group_of;
use super::windows::DAY;

/// Fewer known exposures, or fewer responses among them, than this make no ranker and no calibration of their own.
const FEWEST_EXPOSURES: usize = 500;
const FEWEST_RESPONSES: usize = 30;

/// One member, one item, one moment, and whether the member responded in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exposure {
    pub(super) member: u32,
    pub(super) item: u32,
    pub(super) at: i64,
    pub(super) responded: bool,
}

/// Seconds within which a response counts: 72 hours to read, 7 days to sign up.
pub(super) fn horizon(group: ItemGroup) -> i64 {
    match group {
        ItemGroup::Articles => 3 * DAY,
        ItemGroup::Activities => 7 * DAY,
    }
}

/// Whether probabilities can be calibrated on so many exposures, of which so many responded.
pub(super) fn are_enough(exposures: usize, responses: usize) -> bool {
    exposures >= FEWEST_EXPOSURES && responses >= FEWEST_RESPONSES
}

fn response_kind(group: ItemGroup) -> EventKind {
    match group {
        ItemGroup::Articles => EventKind::Read,
        ItemGroup::Activities => EventKind::SignUp,
    }
}

/// At most `most` exposures of `group` in `[from, until)`; those whose time to respond is not over by `known_until` are left
/// out, so that nothing at or after it is looked at.
pub(super) fn observed(
    snapshot: &Snapshot,
    group: ItemGroup,
    [from, until, known_until]: [i64; 3],
    most: usize,
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
            let (item, at) = (history.item[event], history.at[event]);
            let exposure = matches!(history.kind[event], EventKind::Shown | EventKind::Push);
            if exposure && (from..until).contains(&at) && group_of(snapshot, item as usize) == group {
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
            // Somebody who had responded before was not asked a question.
            if response.is_none_or(|response| response >= at) {
                let responded = response.is_some_and(|response| response < at + horizon(group));
                found.push(Exposure { member: member as u32, item, at, responded });
            }
        }
    }
    thin_to(found, most, &mut ChaCha8Rng::seed_from_u64(seed ^ 0x71f3))
}

/// When a member first responded to each item before `until`; a sign-up that was cancelled by then is none.
pub(super) fn first_responses(snapshot: &Snapshot, member: usize, group: ItemGroup, until: i64) -> HashMap<u32, i64> {
    let history = &snapshot.history;
    let mut first = HashMap::new();
    let withdrawn = history.withdrawn(member, until);
    let known = history.of(member).take_while(|&event| history.at[event] < until);
    for event in known.filter(|&event| history.kind[event] == response_kind(group)) {
        if !withdrawn.contains(&history.item[event]) {
            first.entry(history.item[event]).or_insert(history.at[event]);
        }
    }
    first
}

/// A seeded part of at most `most` examples, in order.
fn thin_to(examples: Vec<Exposure>, most: usize, rng: &mut ChaCha8Rng) -> Vec<Exposure> {
    if examples.len() <= most {
        return examples;
    }
    let share = most as f64 / examples.len() as f64;
    examples.into_iter().filter(|_| rng.gen_bool(share)).collect()
}
