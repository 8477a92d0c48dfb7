//! Pushes that were sent on the day after a date, with the responses that the model of the date expected.

use std::collections::BTreeMap;

use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};
use zhihui_engine::audience::{AudienceError, AudienceRequest, PushCaps, Target};
use zhihui_engine::report::is_too_few;
use zhihui_engine::{Engine, Overlay};

use super::Horizon;
use super::items::group_of;
use crate::train::{DAY, first_responses};

const NO_CAPS: PushCaps =
    PushCaps { per_month: u32::MAX, own_per_month: None, own_per_7_days: None, own_per_day: None };

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

/// Returns the pushes of `[date, date + 1 day)`, by item. A push to fewer candidates than a small group is left out.
///
/// Only members count whom an audience would have contained without push caps: a push of an activity that is full, or to
/// members whom it does not admit, says nothing about the expected responses of an audience. The probabilities are those of
/// `engine` at the instant of the push.
///
/// # Errors
/// As [`Engine::audience_candidates`].
pub(super) fn sent(
    engine: &Engine,
    assembled: &Snapshot,
    date: i64,
    horizon: Horizon,
) -> Result<Vec<SentPush>, AudienceError> {
    let overlay = Overlay::default();
    let mut pushes = Vec::new();
    for (item, mut members) in pushed_members(assembled, date, horizon) {
        let at = members.iter().map(|member| member.at).min().unwrap_or(date);
        let target = Target::Item(assembled.items.id[item as usize].clone());
        let request = AudienceRequest { caps: NO_CAPS, ..AudienceRequest::new(target.clone(), at) };
        let candidates = engine.audience_candidates(&overlay, &request, &|_| None)?;
        members.retain(|member| candidates.binary_search(&member.row).is_ok());
        if members.is_empty() || is_too_few(members.len() as u64) {
            continue;
        }
        let rows: Vec<u32> = members.iter().map(|member| member.row).collect();
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
            |event: &usize| history.kind(*event) == EventKind::Push && (date..date + DAY).contains(&history.at(*event));
        let mut first_pushes: BTreeMap<u32, i64> = BTreeMap::new();
        for event in history.of(member).filter(is_push) {
            first_pushes.entry(history.item(event)).or_insert(history.at(event));
        }
        for (item, at) in first_pushes {
            let group = group_of(assembled, item);
            let end = at + horizon.seconds(group);
            if end > assembled.as_of {
                continue;
            }
            let response = first_responses(assembled, member, group, assembled.as_of).get(item);
            if response.is_none_or(|response| response >= at) {
                let responded = response.is_some_and(|response| response < end);
                pushed.entry(item).or_default().push(PushedMember { row: member as u32, at, responded });
            }
        }
    }
    pushed
}
