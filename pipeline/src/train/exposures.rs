//! What was put before members in a window, and what became of it.

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::learn::group_of;
use super::windows::DAY;

/// Fewer known exposures, or fewer responses among them, than this teach nothing: sampled ones take their place.
const FEWEST_EXPOSURES: usize = 500;
const FEWEST_RESPONSES: usize = 30;
/// Sampled negatives for each response.
const NEGATIVES: usize = 4;
/// At most so many examples of a group are learnt from; more add nothing but time.
const MOST_EXAMPLES: usize = 400_000;

/// One member, one item, one moment, and whether the member responded in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exposure {
    pub(super) member: u32,
    pub(super) item: u32,
    pub(super) at: i64,
    pub(super) responded: bool,
}

/// The exposures of one group in a window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exposures {
    pub(super) examples: Vec<Exposure>,
    /// Whether they really happened; otherwise negatives were sampled.
    pub(super) observed: bool,
    /// For sampled negatives, the share of all possible negatives that was taken, over that of the responses.
    pub(super) kept: f64,
}

/// Seconds within which a response counts: 72 hours to read, 7 days to sign up.
pub(super) fn horizon(group: ItemGroup) -> i64 {
    match group {
        ItemGroup::Articles => 3 * DAY,
        ItemGroup::Activities => 7 * DAY,
    }
}

/// The exposures of `group` in `[from, until)`; those whose time to respond is not over by `known_until` are left out.
pub(super) fn in_window(
    snapshot: &Snapshot,
    group: ItemGroup,
    from: i64,
    until: i64,
    known_until: i64,
    seed: u64,
) -> Exposures {
    let examples = observed(snapshot, group, from, until, known_until);
    let responses = examples.iter().filter(|exposure| exposure.responded).count();
    if examples.len() >= FEWEST_EXPOSURES && responses >= FEWEST_RESPONSES {
        return Exposures { examples: thin(examples, seed), observed: true, kept: 1.0 };
    }
    sampled(snapshot, group, from, until, seed)
}

fn response_kind(group: ItemGroup) -> EventKind {
    match group {
        ItemGroup::Articles => EventKind::Read,
        ItemGroup::Activities => EventKind::SignUp,
    }
}

fn observed(snapshot: &Snapshot, group: ItemGroup, from: i64, until: i64, known_until: i64) -> Vec<Exposure> {
    let until = until.min(known_until - horizon(group));
    let history = &snapshot.history;
    let mut found = Vec::new();
    let mut first_shown: HashMap<u32, i64> = HashMap::new();
    for member in 0..snapshot.members.id.len() {
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
        let mut responded: HashMap<u32, i64> = HashMap::new();
        for event in events {
            let (item, at) = (history.item[event], history.at[event]);
            if history.kind[event] == response_kind(group) {
                responded.entry(item).or_insert(at);
            }
        }
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
    found
}

/// Responses of the window, each with a few items of the same group that the member could have taken and did not.
///
/// The share kept is that of all pairs of a member and an item in each span of time to respond, so that the corrected
/// probabilities sum to what comes in such a span. Nobody knows who saw what, so they say nothing of those who did.
fn sampled(snapshot: &Snapshot, group: ItemGroup, from: i64, until: i64, seed: u64) -> Exposures {
    let history = &snapshot.history;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5a3d);
    let mut alive = vec![false; snapshot.items.id.len()];
    let mut responses: Vec<Exposure> = Vec::new();
    for member in 0..snapshot.members.id.len() {
        for event in history.of(member) {
            let (item, at) = (history.item[event], history.at[event]);
            if history.kind[event] == response_kind(group) && (from..until).contains(&at) {
                alive[item as usize] |= group_of(snapshot, item as usize) == group;
                responses.push(Exposure { member: member as u32, item, at, responded: true });
            }
        }
    }
    let pool: Vec<u32> = (0..alive.len()).filter(|&item| alive[item]).map(|item| item as u32).collect();
    let all_responses = responses.len() as f64;
    let responses = thin_to(responses, MOST_EXAMPLES / (NEGATIVES + 1), &mut rng);
    let thinned = responses.len() as f64 / all_responses.max(1.0);
    let mut examples = Vec::with_capacity(responses.len() * (NEGATIVES + 1));
    for response in responses {
        examples.push(response);
        for _ in 0..NEGATIVES {
            if pool.len() < 2 {
                break;
            }
            let item = pool[rng.gen_range(0..pool.len())];
            let taken = history.of(response.member as usize).any(|event| history.item[event] == item);
            if !taken {
                examples.push(Exposure { item, responded: false, ..response });
            }
        }
    }
    let negatives = examples.iter().filter(|exposure| !exposure.responded).count() as f64;
    // Every member could have responded to every item, as often as the time to respond fits into the window.
    let times = ((until - from) as f64 / horizon(group) as f64).max(1.0);
    let possible = (snapshot.members.id.len() * pool.len()).max(1) as f64 * times;
    Exposures {
        examples,
        observed: false,
        kept: (negatives / possible / thinned.max(f64::MIN_POSITIVE)).clamp(1e-9, 1.0),
    }
}

fn thin(examples: Vec<Exposure>, seed: u64) -> Vec<Exposure> {
    thin_to(examples, MOST_EXAMPLES, &mut ChaCha8Rng::seed_from_u64(seed ^ 0x71f3))
}

/// A seeded part of at most `most` examples, in order.
fn thin_to(examples: Vec<Exposure>, most: usize, rng: &mut ChaCha8Rng) -> Vec<Exposure> {
    if examples.len() <= most {
        return examples;
    }
    let share = most as f64 / examples.len() as f64;
    examples.into_iter().filter(|_| rng.gen_bool(share)).collect()
}
