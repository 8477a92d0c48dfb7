//! Items of a date with their responses.
//!
//! Items are chosen for two purposes. Recall needs items with responses. The interval of the expected responses must be
//! judged on items that are chosen without their outcome: those that were first offered lately, as a push would be.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use zhihui_data::ItemKind;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};
use zhihui_engine::Engine;

use super::Horizon;
use crate::train::{DAY, first_offered_at};

/// Maximum time since the first offer of a new item, in seconds.
const NEW_FOR: i64 = 7 * DAY;

/// An item with its list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) item: u32,
    pub(super) group: ItemGroup,
    /// When the list is made: the date, or the opening if it is within a day after it.
    pub(super) at: i64,
    /// Whether the item is among the latest of the last week, whatever its responses.
    pub(super) is_new: bool,
    /// Members who responded within the horizon, ascending.
    pub(super) responders: Vec<u32>,
}

/// Returns items on offer at `date`, or opening within a day after it, by index. For each group they are the `limit`
/// items with most responses within the horizon, and the `limit` latest items that were first offered in the week before.
/// Also returns the number of other items with a response.
///
/// Sign-ups cancelled by the instant of `assembled` do not count.
pub(super) fn choose(
    engine: &Engine,
    assembled: &Snapshot,
    date: i64,
    horizon: Horizon,
    limit: usize,
) -> (Vec<Item>, usize) {
    let mut responders: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let history = &assembled.history;
    for member in 0..assembled.members.id.len() {
        let is_signed_up = |item: u32| {
            let answer = |kind| matches!(kind, EventKind::SignUp | EventKind::Attended | EventKind::Cancel);
            let mut latest = history.of(member).rev();
            let last = latest.find(|&event| history.item(event) == item && answer(history.kind(event)));
            last.is_some_and(|event| history.kind(event) != EventKind::Cancel)
        };
        for event in history.of(member) {
            let (item, kind, at) = (history.item(event), history.kind(event), history.at(event));
            let group = group_of(assembled, item);
            let from = list_time(assembled, item, date);
            let responds = kind == response(group) && (from..from + horizon.seconds(group)).contains(&at);
            if responds && (group == ItemGroup::Articles || is_signed_up(item)) {
                responders.entry(item).or_default().push(member as u32);
            }
        }
    }
    let latest = latest_items(engine, assembled, date, limit);
    for &item in &latest {
        responders.entry(item).or_default();
    }
    let items = responders.into_iter().map(|(item, mut responders)| {
        responders.dedup();
        let (group, at) = (group_of(assembled, item), list_time(assembled, item, date));
        Item { item, group, at, is_new: latest.contains(&item), responders }
    });
    let mut items: Vec<Item> = items.filter(|item| engine.is_on_offer(item.item as usize, item.at)).collect();
    items.sort_by(|left, right| right.responders.len().cmp(&left.responders.len()).then(left.item.cmp(&right.item)));
    let (mut left_out, mut counts) = (0, [0; 2]);
    items.retain(|item| {
        counts[item.group as usize] += 1;
        let is_chosen = item.is_new || counts[item.group as usize] <= limit;
        left_out += usize::from(!is_chosen);
        is_chosen
    });
    items.sort_by_key(|item| item.item);
    (items, left_out)
}

/// Returns the items of each group that were first offered within the last week or open within a day after `date`: the
/// latest `limit` that are on offer.
fn latest_items(engine: &Engine, assembled: &Snapshot, date: i64, limit: usize) -> BTreeSet<u32> {
    let first_offered_at = first_offered_at(assembled, date);
    let offered_at = |item: u32| first_offered_at[item as usize].max(0);
    let mut items: Vec<u32> = (0..assembled.items.id.len() as u32)
        .filter(|&item| (date - NEW_FOR..date + DAY).contains(&offered_at(item)))
        .filter(|&item| engine.is_on_offer(item as usize, list_time(assembled, item, date)))
        .collect();
    items.sort_by_key(|&item| (Reverse(offered_at(item)), item));
    let mut counts = [0; 2];
    let is_among_latest = |&item: &u32| {
        let count = &mut counts[group_of(assembled, item) as usize];
        *count += 1;
        *count <= limit
    };
    items.into_iter().filter(is_among_latest).collect()
}

fn list_time(snapshot: &Snapshot, item: u32, date: i64) -> i64 {
    let opens = match group_of(snapshot, item) {
        ItemGroup::Articles => snapshot.items.published_at[item as usize],
        ItemGroup::Activities => snapshot.items.opens_at[item as usize],
    };
    if (date..date + DAY).contains(&opens) { opens } else { date }
}

pub(super) fn group_of(snapshot: &Snapshot, item: u32) -> ItemGroup {
    match snapshot.items.kind[item as usize] {
        ItemKind::Article => ItemGroup::Articles,
        _ => ItemGroup::Activities,
    }
}

/// Returns the kind of event that is a response to items of a group.
pub(super) fn response(group: ItemGroup) -> EventKind {
    match group {
        ItemGroup::Articles => EventKind::Read,
        ItemGroup::Activities => EventKind::SignUp,
    }
}
