//! Items of a date with their responses.

use std::collections::BTreeMap;

use zhihui_data::ItemKind;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};
use zhihui_engine::Engine;

use super::Horizon;
use crate::train::DAY;

/// An item with its list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) item: u32,
    pub(super) group: ItemGroup,
    /// When the list is made: the date, or the opening if it is within a day after it.
    pub(super) at: i64,
    /// Members who responded within the horizon, ascending.
    pub(super) responders: Vec<u32>,
}

/// Returns items on offer at `date`, or opening within a day after it, with a response within the horizon: for each
/// group the `limit` items with most responses, by index. Also returns the number of other items.
///
/// Sign-ups cancelled by the instant of `assembled` do not count.
pub(super) fn with_responses(
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
            let last = latest.find(|&event| history.item[event] == item && answer(history.kind[event]));
            last.is_some_and(|event| history.kind[event] != EventKind::Cancel)
        };
        for event in history.of(member) {
            let (item, kind, at) = (history.item[event], history.kind[event], history.at[event]);
            let group = group_of(assembled, item);
            let from = list_time(assembled, item, date);
            let responds = kind == response(group) && (from..from + horizon.seconds(group)).contains(&at);
            if responds && (group == ItemGroup::Articles || is_signed_up(item)) {
                responders.entry(item).or_default().push(member as u32);
            }
        }
    }
    let items = responders.into_iter().map(|(item, mut responders)| {
        responders.dedup();
        Item { item, group: group_of(assembled, item), at: list_time(assembled, item, date), responders }
    });
    let mut items: Vec<Item> = items.filter(|item| engine.is_on_offer(item.item as usize, item.at)).collect();
    items.sort_by(|left, right| right.responders.len().cmp(&left.responders.len()).then(left.item.cmp(&right.item)));
    let (all, mut counts) = (items.len(), [0; 2]);
    items.retain(|item| {
        counts[item.group as usize] += 1;
        counts[item.group as usize] <= limit
    });
    items.sort_by_key(|item| item.item);
    let left_out = all - items.len();
    (items, left_out)
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
