//! New responses of a test window, and the lists and audiences that are judged by them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{ItemGroup, NO_TIME, Snapshot};

use super::exposures::{first_responses, horizon};
use super::item_group::group_of;
use super::windows::{DAY, Windows};

/// The first response of a member to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NewResponse {
    pub(super) member: u32,
    pub(super) item: u32,
    pub(super) at: i64,
}

/// The responses of one member on one day. The judged list is requested at the time of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelledList {
    pub(super) member: u32,
    /// Start of the latest replayed day at or before `at`.
    pub(super) day_start: i64,
    pub(super) at: i64,
    /// Items in ascending order.
    pub(super) responded: Vec<u32>,
}

/// An item, the time at which its audience is requested, and the responses within the time to respond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelledAudience {
    pub(super) item: u32,
    pub(super) day_start: i64,
    pub(super) at: i64,
    /// First responses in the window, ascending by member. Members who responded before `at` are no candidates.
    pub(super) responses: Arc<[(u32, i64)]>,
    /// End of the time to respond, or of the window if that is earlier.
    pub(super) until: i64,
}

impl LabelledAudience {
    /// Returns when a member responded first.
    pub(super) fn response_of(&self, member: u32) -> Option<i64> {
        self.responses.binary_search_by_key(&member, |&(known, _)| known).ok().map(|at| self.responses[at].1)
    }
}

/// Returns the first responses in the test window to items of a group, by members with personalised lists. Sorted by
/// member and time.
pub(super) fn new_responses(assembled: &Snapshot, group: ItemGroup, windows: Windows) -> Vec<NewResponse> {
    let mut all = Vec::new();
    for member in (0..assembled.members.id.len()).filter(|&member| assembled.members.personalised[member]) {
        let begin = all.len();
        let first = first_responses(assembled, member, group, windows.until);
        let of_group = first.iter().filter(|&(item, _)| group_of(assembled, item as usize) == group);
        let in_window = of_group.filter(|&(_, at)| (windows.test_from..windows.until).contains(&at));
        all.extend(in_window.map(|(item, at)| NewResponse { member: member as u32, item, at }));
        all[begin..].sort_unstable_by_key(|response: &NewResponse| (response.at, response.item));
    }
    all
}

/// Returns at most `limit` lists, chosen at random, sorted by day and member. `day_starts` ascend from the start of the
/// window.
pub(super) fn labelled_lists(
    new_responses: &[NewResponse],
    day_starts: &[i64],
    seed: u64,
    limit: usize,
) -> Vec<LabelledList> {
    let mut all: Vec<LabelledList> = Vec::new();
    for response in new_responses {
        let day_start = day_start_of(day_starts, response.at);
        match all.last_mut().filter(|last| (last.member, last.day_start) == (response.member, day_start)) {
            Some(list) => list.responded.push(response.item),
            None => all.push(LabelledList {
                member: response.member,
                day_start,
                at: response.at,
                responded: vec![response.item],
            }),
        }
    }
    all.iter_mut().for_each(|list| list.responded.sort_unstable());
    let mut chosen = sample_at_most(all, limit, seed);
    chosen.sort_unstable_by_key(|list| (list.day_start, list.member));
    chosen
}

/// Returns the audiences of at most `limit` items with responses, chosen at random, sorted by day and item. Each item
/// has audiences at its opening or the start of the window, and one and three days later, if responses follow.
pub(super) fn labelled_audiences(
    assembled: &Snapshot,
    new_responses: &[NewResponse],
    windows: Windows,
    day_starts: &[i64],
    seed: u64,
    limit: usize,
) -> Vec<LabelledAudience> {
    // A member responds first once, so members of an item ascend as those of `new_responses` do.
    let mut of_item: BTreeMap<u32, Vec<(u32, i64)>> = BTreeMap::new();
    for response in new_responses {
        of_item.entry(response.item).or_default().push((response.member, response.at));
    }
    let items: Vec<u32> = of_item.keys().copied().collect();
    let mut all = Vec::new();
    for item in sample_at_most(items, limit, seed) {
        let responses: Arc<[(u32, i64)]> = of_item[&item].as_slice().into();
        let group = group_of(assembled, item as usize);
        let first = responses.iter().map(|&(_, at)| at).min().unwrap_or(windows.test_from);
        let begin = match opening(assembled, item as usize, group) {
            // The opening is unknown: use the start of the day of the first response.
            NO_TIME => first - (first - windows.test_from) % DAY,
            opening => windows.test_from.max(opening),
        };
        for at in [begin, begin + DAY, begin + 3 * DAY].into_iter().filter(|&at| at < windows.until) {
            let until = windows.until.min(at + horizon(group));
            if responses.iter().any(|(_, response)| (at..until).contains(response)) {
                let day_start = day_start_of(day_starts, at);
                all.push(LabelledAudience { item, day_start, at, responses: Arc::clone(&responses), until });
            }
        }
    }
    all.sort_unstable_by_key(|audience| (audience.day_start, audience.at, audience.item));
    all
}

/// Returns the latest day start at or before an instant.
fn day_start_of(day_starts: &[i64], at: i64) -> i64 {
    day_starts[day_starts.partition_point(|&day_start| day_start <= at).saturating_sub(1)]
}

fn opening(assembled: &Snapshot, item: usize, group: ItemGroup) -> i64 {
    let (published, opens) = (assembled.items.published_at[item], assembled.items.opens_at[item]);
    match group {
        ItemGroup::Activities if opens != NO_TIME => opens,
        _ => published,
    }
}

/// Returns at most `limit` elements, chosen at random.
fn sample_at_most<T>(mut all: Vec<T>, limit: usize, seed: u64) -> Vec<T> {
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x2f51));
    all.truncate(limit);
    all
}
