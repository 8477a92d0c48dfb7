//! Pushes that were sent on the day after a date, with the responses that the model of the date expected.

use std::collections::BTreeMap;

use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};
use zhihui_engine::audience::{AudienceError, Target};
use zhihui_engine::report::is_too_few;
use zhihui_engine::{Engine, Overlay};

use super::Horizon;
use super::items::group_of;
use crate::train::{DAY, first_responses};

/// A sent push whose time to respond has ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SentPush {
    pub(super) item: u32,
    pub(super) group: ItemGroup,
    /// When the first member was pushed to.
    pub(super) at: i64,
    /// Expected responses with the bounds of their interval.
    pub(super) expected: [f64; 3],
    /// Expected probability of each member, and whether the member responded within the horizon.
    pub(super) members: Vec<(f32, bool)>,
}

impl SentPush {
    /// Number of members who responded.
    pub(super) fn responses(&self) -> usize {
        self.members.iter().filter(|(_, responded)| *responded).count()
    }
}

/// Returns the pushes of `[date, date + 1 day)`, by item. A push to fewer members than a small group is left out.
///
/// Members who had responded before the push, or refuse personalised lists, do not count. The probabilities are those
/// of `engine` at the instant of the push.
///
/// # Errors
/// As [`Engine::response_probabilities`].
pub(super) fn sent(
    engine: &Engine,
    assembled: &Snapshot,
    date: i64,
    horizon: Horizon,
) -> Result<Vec<SentPush>, AudienceError> {
    let overlay = Overlay::default();
    let mut pushes = Vec::new();
    for (item, members) in pushed_members(assembled, date, horizon) {
        if is_too_few(members.len() as u64) {
            continue;
        }
        let at = members.iter().map(|member| member.at).min().unwrap_or(date);
        let rows: Vec<u32> = members.iter().map(|member| member.row).collect();
        let target = Target::Item(assembled.items.id[item as usize].clone());
        let (probabilities, expected) = engine.response_probabilities(&overlay, &target, &rows, at)?;
        let responded = members.iter().map(|member| member.responded);
        pushes.push(SentPush {
            item,
            group: group_of(assembled, item),
            at,
            expected: [expected.value, expected.low, expected.high],
            members: probabilities.into_iter().map(|probability| probability as f32).zip(responded).collect(),
        });
    }
    Ok(pushes)
}

struct PushedMember {
    row: u32,
    at: i64,
    responded: bool,
}

fn pushed_members(assembled: &Snapshot, date: i64, horizon: Horizon) -> BTreeMap<u32, Vec<PushedMember>> {
    let history = &assembled.history;
    let mut pushed: BTreeMap<u32, Vec<PushedMember>> = BTreeMap::new();
    for member in (0..assembled.members.id.len()).filter(|&member| assembled.members.personalised[member]) {
        let is_push =
            |event: &usize| history.kind[*event] == EventKind::Push && (date..date + DAY).contains(&history.at[*event]);
        let mut first_pushes: BTreeMap<u32, i64> = BTreeMap::new();
        for event in history.of(member).filter(is_push) {
            first_pushes.entry(history.item[event]).or_insert(history.at[event]);
        }
        for (item, at) in first_pushes {
            let group = group_of(assembled, item);
            let end = at + horizon.seconds(group);
            if end > assembled.as_of {
                continue;
            }
            let response = first_responses(assembled, member, group, assembled.as_of).get(&item).copied();
            if response.is_none_or(|response| response >= at) {
                let responded = response.is_some_and(|response| response < end);
                pushed.entry(item).or_default().push(PushedMember { row: member as u32, at, responded });
            }
        }
    }
    pushed
}
