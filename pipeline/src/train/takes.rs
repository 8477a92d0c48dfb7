//! What members newly took in a window: the labels that a model is judged by.

use std::collections::HashMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{ItemGroup, NO_TIME, Snapshot};

use super::exposures::{first_responses, horizon};
use super::learn::group_of;
use super::windows::{DAY, Windows};

/// A first response of a member to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Take {
    pub(super) member: u32,
    pub(super) item: u32,
    pub(super) at: i64,
}

/// What one member took between one morning and the next; the list is asked for at the instant of the first of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) member: u32,
    /// The latest morning until then, as for an opening.
    pub(super) morning: i64,
    pub(super) at: i64,
    /// Ascending.
    pub(super) taken: Vec<u32>,
}

/// An item at an instant at which its audience is asked for, and who responded from then on within the time to respond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) item: u32,
    pub(super) morning: i64,
    pub(super) at: i64,
    /// First responses in the window: those before `at` are candidates no longer.
    pub(super) responses: HashMap<u32, i64>,
    /// End of the time to respond, at most that of the window.
    pub(super) until: i64,
}

/// First responses in the test window to items of a group, of members who allow personalised lists; by member and instant.
pub(super) fn takes(known: &Snapshot, group: ItemGroup, windows: Windows) -> Vec<Take> {
    let mut all = Vec::new();
    for member in (0..known.members.id.len()).filter(|&member| known.members.personalised[member]) {
        let begin = all.len();
        let first = first_responses(known, member, group, windows.until).into_iter();
        let of_group = first.filter(|&(item, _)| group_of(known, item as usize) == group);
        let in_window = of_group.filter(|&(_, at)| (windows.test_from..windows.until).contains(&at));
        all.extend(in_window.map(|(item, at)| Take { member: member as u32, item, at }));
        all[begin..].sort_unstable_by_key(|take: &Take| (take.at, take.item));
    }
    all
}

/// At most `most` visits, chosen by seed, by morning and member; `mornings` ascend, the first is the window's begin.
pub(super) fn visits(takes: &[Take], mornings: &[i64], seed: u64, most: usize) -> Vec<Visit> {
    let mut all: Vec<Visit> = Vec::new();
    for take in takes {
        let morning = morning_of(mornings, take.at);
        match all.last_mut().filter(|last| (last.member, last.morning) == (take.member, morning)) {
            Some(visit) => visit.taken.push(take.item),
            None => all.push(Visit { member: take.member, morning, at: take.at, taken: vec![take.item] }),
        }
    }
    all.iter_mut().for_each(|visit| visit.taken.sort_unstable());
    let mut chosen = at_most(all, most, seed);
    chosen.sort_unstable_by_key(|visit| (visit.morning, visit.member));
    chosen
}

/// Openings of at most `most` items that members took, chosen by seed, by morning and item: where the item opens or the window
/// begins, a day and three days later, as long as somebody responds after it.
pub(super) fn openings(
    known: &Snapshot,
    takes: &[Take],
    windows: Windows,
    mornings: &[i64],
    seed: u64,
    most: usize,
) -> Vec<Opening> {
    let mut of_item: HashMap<u32, HashMap<u32, i64>> = HashMap::new();
    for take in takes {
        of_item.entry(take.item).or_default().insert(take.member, take.at);
    }
    let mut items: Vec<u32> = of_item.keys().copied().collect();
    items.sort_unstable();
    let mut all = Vec::new();
    for item in at_most(items, most, seed) {
        let responses = &of_item[&item];
        let group = group_of(known, item as usize);
        let first = responses.values().copied().min().unwrap_or(windows.test_from);
        let begin = match opened(known, item as usize, group) {
            // It was on offer at its first response at the latest; the list is asked for on that morning.
            NO_TIME => first - (first - windows.test_from) % DAY,
            opened => windows.test_from.max(opened),
        };
        for at in [begin, begin + DAY, begin + 3 * DAY].into_iter().filter(|&at| at < windows.until) {
            let until = windows.until.min(at + horizon(group));
            if responses.values().any(|response| (at..until).contains(response)) {
                let morning = morning_of(mornings, at);
                all.push(Opening { item, morning, at, responses: responses.clone(), until });
            }
        }
    }
    all.sort_unstable_by_key(|opening| (opening.morning, opening.at, opening.item));
    all
}

/// The latest of the mornings at or before an instant.
fn morning_of(mornings: &[i64], at: i64) -> i64 {
    mornings[mornings.partition_point(|&morning| morning <= at).saturating_sub(1)]
}

fn opened(known: &Snapshot, item: usize, group: ItemGroup) -> i64 {
    let (published, opens) = (known.items.published_at[item], known.items.opens_at[item]);
    match group {
        ItemGroup::Activities if opens != NO_TIME => opens,
        _ => published,
    }
}

/// A seeded choice.
fn at_most<T>(mut all: Vec<T>, most: usize, seed: u64) -> Vec<T> {
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x2f51));
    all.truncate(most);
    all
}
