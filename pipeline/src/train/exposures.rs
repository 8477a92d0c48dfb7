//! What was put before members in a window, and what became of it; what could have been, where nobody knows.

use std::collections::{HashMap, HashSet};

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};
use zhihui_engine::Engine;

use super::learn::group_of;
use super::windows::DAY;

/// Fewer known exposures, or fewer responses among them, than this make no ranker and no calibration of their own.
const FEWEST_EXPOSURES: usize = 500;
const FEWEST_RESPONSES: usize = 30;
/// Sampled negatives for each response.
const NEGATIVES: usize = 4;
/// At most so many examples of a group are learnt from; more add nothing but time.
pub(super) const MOST_EXAMPLES: usize = 400_000;

/// One member, one item, one moment, and whether the member responded in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exposure {
    pub(super) member: u32,
    pub(super) item: u32,
    pub(super) at: i64,
    pub(super) responded: bool,
}

/// Responses with negatives that nobody is known to have seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sampled {
    pub(super) examples: Vec<Exposure>,
    /// The share of all possible negatives that was taken, over that of the responses.
    pub(super) kept: f64,
    /// Share of all pairs of a member and an item on offer that responded in the time to respond.
    pub(super) base_rate: f64,
}

/// Seconds within which a response counts: 72 hours to read, 7 days to sign up.
pub(super) fn horizon(group: ItemGroup) -> i64 {
    match group {
        ItemGroup::Articles => 3 * DAY,
        ItemGroup::Activities => 7 * DAY,
    }
}

/// Whether a ranker can be learnt and calibrated on these alone.
pub(super) fn are_enough(exposures: &[Exposure]) -> bool {
    exposures.len() >= FEWEST_EXPOSURES && responses(exposures) >= FEWEST_RESPONSES
}

/// How many of them responded.
pub(super) fn responses(exposures: &[Exposure]) -> usize {
    exposures.iter().filter(|exposure| exposure.responded).count()
}

fn response_kind(group: ItemGroup) -> EventKind {
    match group {
        ItemGroup::Articles => EventKind::Read,
        ItemGroup::Activities => EventKind::SignUp,
    }
}

/// At most `most` exposures of `group` in `[from, until)`; those whose time to respond is not over by `known_until` are left out.
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
        let responded = first_responses(snapshot, member, group);
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

/// When a member first responded to each item.
pub(super) fn first_responses(snapshot: &Snapshot, member: usize, group: ItemGroup) -> HashMap<u32, i64> {
    let history = &snapshot.history;
    let mut first = HashMap::new();
    for event in history.of(member).filter(|&event| history.kind[event] == response_kind(group)) {
        first.entry(history.item[event]).or_insert(history.at[event]);
    }
    first
}

/// Responses of the window to what was on offer in it, each with a few items of the same group that were on offer that day
/// and that the member did not take. A response to anything else is left out: no list holds such items, and as their like is
/// not among the negatives, they would teach that what is new or forgotten is wanted most.
///
/// The share kept is that of all pairs of a member and an item on offer in each span of time to respond, so that the
/// corrected probabilities sum to what comes in such a span. Nobody knows who saw what, so they say nothing of those who
/// did. `engine` stands on what was known where the window begins and knows what is on offer.
pub(super) fn sampled(
    engine: &Engine,
    snapshot: &Snapshot,
    group: ItemGroup,
    [from, until]: [i64; 2],
    most: usize,
    seed: u64,
) -> Sampled {
    let history = &snapshot.history;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5a3d);
    let days = ((until - from).max(1) as u64).div_ceil(DAY as u64) as i64;
    let of_group = |item: &u32| group_of(snapshot, *item as usize) == group;
    let on_offer = |day: i64| -> Vec<u32> {
        engine.on_offer((from + day * DAY + DAY / 2).min(until - 1)).into_iter().filter(of_group).collect()
    };
    let on_offer: Vec<Vec<u32>> = (0..days).map(on_offer).collect();
    let on_some_day: HashSet<u32> = on_offer.iter().flatten().copied().collect();
    let mut responses: Vec<Exposure> = Vec::new();
    for member in 0..snapshot.members.id.len() {
        for event in history.of(member) {
            let (item, at) = (history.item[event], history.at[event]);
            let responds = history.kind[event] == response_kind(group) && (from..until).contains(&at);
            if responds && on_some_day.contains(&item) {
                responses.push(Exposure { member: member as u32, item, at, responded: true });
            }
        }
    }
    let all_responses = responses.len() as f64;
    let responses = thin_to(responses, most / (NEGATIVES + 1), &mut rng);
    let thinned = responses.len() as f64 / all_responses.max(1.0);
    let mut examples = Vec::with_capacity(responses.len() * (NEGATIVES + 1));
    for response in responses {
        examples.push(response);
        let pool = &on_offer[((response.at - from) / DAY) as usize];
        for _ in 0..NEGATIVES {
            let Some(&item) = pool.choose(&mut rng) else { break };
            let taken = history
                .of(response.member as usize)
                .any(|event| history.item[event] == item && history.at[event] < until);
            if !taken {
                examples.push(Exposure { item, responded: false, ..response });
            }
        }
    }
    let negatives = examples.iter().filter(|exposure| !exposure.responded).count() as f64;
    // Every member could have responded to everything on offer, as often as the time to respond fits into the window.
    let item_days: f64 = on_offer.iter().map(|items| items.len() as f64).sum();
    let spans = (item_days * DAY as f64 / horizon(group) as f64).max(1.0);
    let members = snapshot.members.personalised.iter().filter(|&&allowed| allowed).count();
    let possible = (members.max(1) as f64 * spans).max(all_responses);
    Sampled {
        examples,
        kept: (negatives / possible / thinned.max(f64::MIN_POSITIVE)).clamp(1e-9, 1.0),
        base_rate: all_responses / possible,
    }
}

/// Everything that could have stood in the lists of some members at `at`, at most `most` pairs, and what they took of it in the time to respond,
/// as far as that is over by `until`.
///
/// Nobody knows who saw what of it: a share that responded among these is below that among those who saw it.
pub(super) fn in_lists(
    engine: &Engine,
    snapshot: &Snapshot,
    group: ItemGroup,
    [at, until]: [i64; 2],
    most: usize,
    seed: u64,
) -> Vec<Exposure> {
    let offered = engine.on_offer(at).into_iter().filter(|&item| group_of(snapshot, item as usize) == group).count();
    let all = 0..snapshot.members.id.len();
    let mut members: Vec<usize> = all.filter(|&member| snapshot.members.personalised[member]).collect();
    members.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x1157));
    members.truncate(most / offered.max(1));
    members.sort_unstable();
    let end = until.min(at + horizon(group));
    let pairs = |&member: &usize| {
        let taken = first_responses(snapshot, member, group);
        let of_group = engine.candidates(member, at).into_iter();
        let of_group = of_group.filter(|&item| group_of(snapshot, item as usize) == group);
        of_group
            .map(|item| {
                let responded = taken.get(&item).is_some_and(|response| (at..end).contains(response));
                Exposure { member: member as u32, item, at, responded }
            })
            .collect::<Vec<Exposure>>()
    };
    members.par_iter().flat_map_iter(pairs).collect()
}

/// A seeded part of at most `most` examples, in order.
fn thin_to(examples: Vec<Exposure>, most: usize, rng: &mut ChaCha8Rng) -> Vec<Exposure> {
    if examples.len() <= most {
        return examples;
    }
    let share = most as f64 / examples.len() as f64;
    examples.into_iter().filter(|_| rng.gen_bool(share)).collect()
}
