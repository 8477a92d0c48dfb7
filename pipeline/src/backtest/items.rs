//! The items of a date, and who responded to each.

use std::collections::BTreeMap;

use zhihui_data::ItemKind;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};
use zhihui_engine::Engine;

use super::Horizon;
use crate::train::DAY;

/// An item for which a list is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) item: u32,
    pub(super) group: ItemGroup,
    /// When the list is made: the date, or later that day when the item opens.
    pub(super) at: i64,
    /// Who responded within the horizon, by index ascending.
    pub(super) came: Vec<u32>,
}

/// Items on offer at `date`, or opening within a day after it, with a response within the horizon: of each group the
/// `most` with most responses, by index; and how many others there are.
///
/// A sign-up that is cancelled by the instant of `assembled` is no response.
pub(super) fn with_responses(
    engine: &Engine,
    assembled: &Snapshot,
    date: i64,
    horizon: Horizon,
    most: usize,
) -> (Vec<Item>, usize) {
    let mut came: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let history = &assembled.history;
    for member in 0..assembled.members.id.len() {
        let stands = |item: u32| {
            let answer = |kind| matches!(kind, EventKind::SignUp | EventKind::Attended | EventKind::Cancel);
            let mut latest = history.of(member).rev();
            let last = latest.find(|&event| history.item[event] == item && answer(history.kind[event]));
            last.is_some_and(|event| history.kind[event] != EventKind::Cancel)
        };
        for event in history.of(member) {
            let (item, kind, at) = (history.item[event], history.kind[event], history.at[event]);
            let group = group_of(assembled, item);
            let from = begin(assembled, item, date);
            let responds = kind == response(group) && (from..from + horizon.seconds(group)).contains(&at);
            if responds && (group == ItemGroup::Articles || stands(item)) {
                came.entry(item).or_default().push(member as u32);
            }
        }
    }
    let items = came.into_iter().map(|(item, mut came)| {
        came.dedup();
        Item { item, group: group_of(assembled, item), at: begin(assembled, item, date), came }
    });
    let mut items: Vec<Item> = items.filter(|item| engine.is_on_offer(item.item as usize, item.at)).collect();
    items.sort_by(|left, right| right.came.len().cmp(&left.came.len()).then(left.item.cmp(&right.item)));
    let (all, mut taken) = (items.len(), [0; 2]);
    items.retain(|item| {
        taken[item.group as usize] += 1;
        taken[item.group as usize] <= most
    });
    items.sort_by_key(|item| item.item);
    let left_out = all - items.len();
    (items, left_out)
}

/// When the list of an item is made: at the date, or where it opens within a day after it, then.
fn begin(snapshot: &Snapshot, item: u32, date: i64) -> i64 {
    let opens = match group_of(snapshot, item) {
        ItemGroup::Articles => snapshot.items.published_at[item as usize],
        ItemGroup::Activities => snapshot.items.opens_at[item as usize],
    };
    if (date..date + DAY).contains(&opens) { opens } else { date }
}

/// The group of an item.
pub(super) fn group_of(snapshot: &Snapshot, item: u32) -> ItemGroup {
    match snapshot.items.kind[item as usize] {
        ItemKind::Article => ItemGroup::Articles,
        _ => ItemGroup::Activities,
    }
}

/// What counts as a response to an item of a group.
pub(super) fn response(group: ItemGroup) -> EventKind {
    match group {
        ItemGroup::Articles => EventKind::Read,
        ItemGroup::Activities => EventKind::SignUp,
    }
}
