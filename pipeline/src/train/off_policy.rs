//! Off-policy estimates from logged lists: explored positions compared with personal ones, and what the new ranker
//! would have chosen for the explored positions.

use std::collections::HashSet;

use serde::Serialize;
use zhihui_data::snapshot::{EventKind, ItemGroup, LoggedPlace, RankerWeights, Snapshot};
use zhihui_engine::report::is_too_few;
use zhihui_engine::{Engine, MemberFeatures};
use zhihui_models::evaluation::{WeightedReward, snips};

use super::exposures::horizon;
use super::item_group::group_of;
use super::windows::Windows;

/// Minimum effective sample size of an estimate.
const MIN_SAMPLE_SIZE: f64 = 30.0;

/// Shown events of the test window with a known propensity, and the estimates from them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OffPolicy {
    /// Number of shown events with a logged propensity and a completed time to respond.
    logged: usize,
    /// Number of these events in explored positions.
    explored: usize,
    /// One estimate for each group of items and policy with enough data.
    estimates: Vec<Estimate>,
}

/// Mean response to an item shown under a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Estimate {
    /// `articles` or `activities`.
    group: ItemGroup,
    /// `personal`: positions filled by the ranker, weighted by 1 / propensity. `explored`: explored positions,
    /// unweighted. `challenger`: explored positions in which the new ranker agrees with the draw, weighted by 1 /
    /// propensity.
    policy: &'static str,
    value: f64,
    interval: [f64; 2],
    effective_sample_size: f64,
    displays: usize,
    members: usize,
}

impl OffPolicy {
    /// Estimates the policies. `engine` has the state at the start of the test window; `assembled` has the events
    /// since.
    ///
    /// Returns `None` if no propensity was logged in the window. Members without personalised lists are left out, as
    /// are estimates about small groups or with an effective sample size below [`MIN_SAMPLE_SIZE`].
    pub(super) fn of(
        engine: &Engine,
        assembled: &Snapshot,
        windows: Windows,
        rankers: &[RankerWeights],
    ) -> Option<Self> {
        let positions = logged(assembled, windows);
        if positions.is_empty() {
            return None;
        }
        let mut estimates = Vec::new();
        for group in [ItemGroup::Articles, ItemGroup::Activities] {
            let of_group: Vec<&(LoggedPlace, bool)> =
                positions.iter().filter(|(position, _)| group_of(assembled, position.item as usize) == group).collect();
            let outcome = |&&(position, responded): &&(LoggedPlace, bool), weight: f64| WeightedReward {
                member: position.member,
                weight,
                reward: f64::from(u8::from(responded)),
            };
            let inverse = |position: &LoggedPlace| 1.0 / f64::from(position.propensity);
            let personal = of_group.iter().filter(|(position, _)| !position.explored);
            let personal = personal.map(|position| outcome(position, inverse(&position.0))).collect();
            let explored = of_group.iter().filter(|(position, _)| position.explored);
            let as_drawn = explored.clone().map(|position| outcome(position, 1.0)).collect();
            let explored: Vec<&(LoggedPlace, bool)> = explored.copied().collect();
            let choices = match rankers.iter().find(|ranker| ranker.group == group) {
                Some(ranker) => choices(engine, &explored, ranker),
                None => Vec::new(),
            };
            let agreed = explored.iter().zip(choices).filter(|(position, choice)| position.0.item == *choice);
            let challenger = agreed.map(|(position, _)| outcome(position, inverse(&position.0))).collect();
            let all: [(&'static str, Vec<WeightedReward>); 3] =
                [("personal", personal), ("explored", as_drawn), ("challenger", challenger)];
            estimates.extend(all.into_iter().filter_map(|(policy, outcomes)| estimate(group, policy, &outcomes)));
        }
        let explored = positions.iter().filter(|(position, _)| position.explored).count();
        Some(Self { logged: positions.len(), explored, estimates })
    }
}

/// Returns the logged positions of the window with a completed time to respond, and whether the member responded in
/// time. Items the member had responded to are left out; of several displays to a member only the first counts.
fn logged(assembled: &Snapshot, windows: Windows) -> Vec<(LoggedPlace, bool)> {
    let history = &assembled.history;
    let mut seen: HashSet<(u32, u32)> = HashSet::new();
    let mut positions = Vec::new();
    for position in
        assembled.propensities.rows().filter(|position| (windows.test_from..windows.until).contains(&position.at))
    {
        let group = group_of(assembled, position.item as usize);
        let is_over = position.at + horizon(group) <= windows.until;
        if !is_over || !assembled.members.personalised[position.member as usize] {
            continue;
        }
        if !seen.insert((position.member, position.item)) {
            continue;
        }
        let kind = if group == ItemGroup::Articles { EventKind::Read } else { EventKind::SignUp };
        let events = history.of(position.member as usize);
        let response = events.filter(|&at| history.item(at) == position.item && history.kind(at) == kind);
        match response.map(|at| history.at(at)).min() {
            Some(at) if at < position.at => {}
            response => positions.push((position, response.is_some_and(|at| at < position.at + horizon(group)))),
        }
    }
    positions
}

/// Returns for each explored position the item that the ranker would have chosen among the candidates for exploration.
fn choices(engine: &Engine, positions: &[&(LoggedPlace, bool)], ranker: &RankerWeights) -> Vec<u32> {
    let mut features = MemberFeatures::new(engine);
    let snapshot = engine.snapshot();
    let choose = |&&(position, _): &&(LoggedPlace, bool)| {
        features.load(position.member as usize);
        let logged_group = group_of(snapshot, position.item as usize);
        let candidates = engine.explorable(position.member as usize, position.at);
        let candidates = candidates.into_iter().filter(|&item| group_of(snapshot, item as usize) == logged_group);
        let score = |item: u32, features: &mut MemberFeatures<'_>| {
            let row = features.of(item as usize, position.at);
            let standard =
                row.iter().zip(&ranker.means).zip(&ranker.scales).map(|((value, mean), scale)| (value - mean) / scale);
            standard.zip(&ranker.weights).map(|(value, weight)| value * weight).sum::<f32>()
        };
        let scored = candidates.map(|item| (score(item, &mut features), item));
        scored
            .max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1)))
            .map_or(u32::MAX, |best| best.1)
    };
    positions.iter().map(choose).collect()
}

fn estimate(group: ItemGroup, policy: &'static str, outcomes: &[WeightedReward]) -> Option<Estimate> {
    let found = snips(outcomes)?;
    if is_too_few(found.members as u64) || found.effective_sample_size < MIN_SAMPLE_SIZE {
        return None;
    }
    Some(Estimate {
        group,
        policy,
        value: found.value,
        interval: [found.low, found.high],
        effective_sample_size: found.effective_sample_size,
        displays: found.samples,
        members: found.members,
    })
}
