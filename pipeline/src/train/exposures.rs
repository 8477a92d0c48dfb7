//! Exposures in a window, with the responses to them.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::item_group::group_of;
use super::windows::DAY;

/// Minimum number of exposures, and of responses among them, for calibration on exposures.
const MIN_EXPOSURES: usize = 500;
const MIN_RESPONSES: usize = 30;

/// Minimum number of members whose exposures one thread collects at a time.
const MEMBERS_OF_TASK: usize = 1024;

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
    let personalised = &snapshot.members.personalised;
    let members: Vec<usize> = (0..personalised.len()).filter(|&member| personalised[member]).collect();
    let of_member = |&member: &usize| of_member(snapshot, member, (group, kinds), [from, until, known_until]);
    let found = members.par_iter().with_min_len(MEMBERS_OF_TASK).flat_map_iter(of_member).collect();
    sample_at_most(found, limit, &mut ChaCha8Rng::seed_from_u64(seed ^ 0x71f3))
}

/// Returns the first exposure of a member to each item in `[from, until)`, by item.
fn of_member(
    snapshot: &Snapshot,
    member: usize,
    (group, kinds): (ItemGroup, &[EventKind]),
    [from, until, known_until]: [i64; 3],
) -> Vec<Exposure> {
    let history = &snapshot.history;
    let events = history.since(history.of(member), from).take_while(|&event| history.at(event) < until);
    let shown = events.filter(|&event| kinds.contains(&history.kind(event)));
    let of_group = shown.filter(|&event| group_of(snapshot, history.item(event) as usize) == group);
    let mut items: Vec<(u32, i64)> = of_group.map(|event| (history.item(event), history.at(event))).collect();
    if items.is_empty() {
        return Vec::new();
    }
    items.sort_unstable();
    items.dedup_by_key(|&mut (item, _)| item);
    let responded = first_responses(snapshot, member, group, known_until);
    let exposure = |(item, at): (u32, i64)| {
        let response = responded.get(item);
        let responded = response.is_some_and(|response| response < at + horizon(group));
        // A member who responded earlier was not a candidate.
        response.is_none_or(|response| response >= at).then_some(Exposure {
            member: member as u32,
            item,
            at,
            responded,
        })
    };
    items.into_iter().filter_map(exposure).collect()
}

/// The first responses of a member, by item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstResponses(Vec<(u32, i64)>);

impl FirstResponses {
    /// Returns when the member responded to an item.
    pub(crate) fn get(&self, item: u32) -> Option<i64> {
        self.0.binary_search_by_key(&item, |&(known, _)| known).ok().map(|at| self.0[at].1)
    }

    /// Iterates over item and time, by item.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        self.0.iter().copied()
    }
}

/// Returns the first response of a member to each item before `until`. Sign-ups cancelled by then are left out.
pub(crate) fn first_responses(snapshot: &Snapshot, member: usize, group: ItemGroup, until: i64) -> FirstResponses {
    let history = &snapshot.history;
    let withdrawn = history.withdrawn(member, until);
    let events = history.of(member).take_while(|&event| history.at(event) < until);
    let responses = events.filter(|&event| history.kind(event) == response_kind(group));
    let standing = responses.filter(|&event| !withdrawn.contains(&history.item(event)));
    let mut first: Vec<(u32, i64)> = standing.map(|event| (history.item(event), history.at(event))).collect();
    first.sort_unstable();
    first.dedup_by_key(|&mut (item, _)| item);
    FirstResponses(first)
}

/// Returns a random sample of at most `limit` examples, in order.
fn sample_at_most(examples: Vec<Exposure>, limit: usize, rng: &mut ChaCha8Rng) -> Vec<Exposure> {
    if examples.len() <= limit {
        return examples;
    }
    let share = limit as f64 / examples.len() as f64;
    examples.into_iter().filter(|_| rng.gen_bool(share)).collect()
}
