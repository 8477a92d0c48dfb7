//! What logged lists say about policies: the explored places beside the personal ones, and what the new ranker would have put
//! into the explored places.

use std::collections::HashMap;

use serde::Serialize;
use zhihui_data::snapshot::{EventKind, ItemGroup, LoggedPlace, RankerWeights, Snapshot};
use zhihui_engine::report::is_too_few;
use zhihui_engine::{Engine, MemberFeatures};
use zhihui_models::evaluation::{WeightedReward, snips};

use super::exposures::horizon;
use super::learn::group_of;
use super::windows::Windows;

/// Smaller effective samples give no estimate.
const LEAST_SAMPLE: f64 = 30.0;

/// Shown events of the test window of which the probability is known, and the estimates that they allow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OffPolicy {
    /// Shown events with a logged propensity whose time to respond is over.
    logged: usize,
    /// Those whose place was given to exploration.
    explored: usize,
    /// One for each policy and group of items that the log supports, in the order of the list.
    estimates: Vec<Estimate>,
}

/// Mean response to an item shown under a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Estimate {
    /// `articles` or `activities`.
    group: ItemGroup,
    /// `personal`: places that the ranker filled, weighed by 1 / propensity. `explored`: places given to exploration, as they were
    /// drawn. `challenger`: the explored places, had the new ranker chosen the item of the same group and moment, weighed by
    /// 1 / propensity where it agrees with the draw.
    policy: &'static str,
    value: f64,
    interval: [f64; 2],
    effective_sample_size: f64,
    displays: usize,
    members: usize,
}

impl OffPolicy {
    /// `engine` holds what was known at the beginning of the test window, `known` what happened since.
    ///
    /// `None` where no propensity was logged in the window. Members who refuse personalised lists take no part. An estimate
    /// about fewer than ten members, or with an effective sample below 30, is left out.
    pub(super) fn of(engine: &Engine, known: &Snapshot, windows: Windows, rankers: &[RankerWeights]) -> Option<Self> {
        let places = logged(known, windows);
        if places.is_empty() {
            return None;
        }
        let mut estimates = Vec::new();
        for group in [ItemGroup::Articles, ItemGroup::Activities] {
            let of_group: Vec<&(LoggedPlace, bool)> =
                places.iter().filter(|(place, _)| group_of(known, place.item as usize) == group).collect();
            let outcome = |&&(place, responded): &&(LoggedPlace, bool), weight: f64| WeightedReward {
                member: place.member,
                weight,
                reward: f64::from(u8::from(responded)),
            };
            let inverse = |place: &LoggedPlace| 1.0 / f64::from(place.propensity);
            let personal = of_group.iter().filter(|(place, _)| !place.explored);
            let personal = personal.map(|place| outcome(place, inverse(&place.0))).collect();
            let explored = of_group.iter().filter(|(place, _)| place.explored);
            let as_drawn = explored.clone().map(|place| outcome(place, 1.0)).collect();
            let explored: Vec<&(LoggedPlace, bool)> = explored.copied().collect();
            let choices = match rankers.iter().find(|ranker| ranker.group == group) {
                Some(ranker) => choices(engine, &explored, ranker),
                None => Vec::new(),
            };
            let agreed = explored.iter().zip(choices).filter(|(place, choice)| place.0.item == *choice);
            let challenger = agreed.map(|(place, _)| outcome(place, inverse(&place.0))).collect();
            let all: [(&'static str, Vec<WeightedReward>); 3] =
                [("personal", personal), ("explored", as_drawn), ("challenger", challenger)];
            estimates.extend(all.into_iter().filter_map(|(policy, outcomes)| estimate(group, policy, &outcomes)));
        }
        let explored = places.iter().filter(|(place, _)| place.explored).count();
        Some(Self { logged: places.len(), explored, estimates })
    }
}

/// Logged places of the window whose time to respond is over, each with whether the member responded in time. What a member
/// had responded to before is left out, and of several times that an item was shown to a member all but the first.
fn logged(known: &Snapshot, windows: Windows) -> Vec<(LoggedPlace, bool)> {
    let history = &known.history;
    let mut first: HashMap<(u32, u32), ()> = HashMap::new();
    let mut places = Vec::new();
    for place in known.propensities.rows().filter(|place| (windows.test_from..windows.until).contains(&place.at)) {
        let group = group_of(known, place.item as usize);
        let is_over = place.at + horizon(group) <= windows.until;
        if !is_over || !known.members.personalised[place.member as usize] {
            continue;
        }
        if first.insert((place.member, place.item), ()).is_some() {
            continue;
        }
        let kind = if group == ItemGroup::Articles { EventKind::Read } else { EventKind::SignUp };
        let events = history.of(place.member as usize);
        let response = events.filter(|&at| history.item[at] == place.item && history.kind[at] == kind);
        match response.map(|at| history.at[at]).min() {
            Some(at) if at < place.at => {}
            response => places.push((place, response.is_some_and(|at| at < place.at + horizon(group)))),
        }
    }
    places
}

/// For each explored place the item that a ranker would have chosen among those that could be explored for the member then.
fn choices(engine: &Engine, places: &[&(LoggedPlace, bool)], ranker: &RankerWeights) -> Vec<u32> {
    let mut features = MemberFeatures::new(engine);
    let known = engine.snapshot();
    let choose = |&&(place, _): &&(LoggedPlace, bool)| {
        features.load(place.member as usize);
        let logged_group = group_of(known, place.item as usize);
        let candidates = engine.explorable(place.member as usize, place.at);
        let candidates = candidates.into_iter().filter(|&item| group_of(known, item as usize) == logged_group);
        let score = |item: u32, features: &mut MemberFeatures<'_>| {
            let row = features.of(item as usize, place.at);
            let standard =
                row.iter().zip(&ranker.means).zip(&ranker.scales).map(|((value, mean), scale)| (value - mean) / scale);
            standard.zip(&ranker.weights).map(|(value, weight)| value * weight).sum::<f32>()
        };
        let scored = candidates.map(|item| (score(item, &mut features), item));
        scored
            .max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1)))
            .map_or(u32::MAX, |best| best.1)
    };
    places.iter().map(choose).collect()
}

fn estimate(group: ItemGroup, policy: &'static str, outcomes: &[WeightedReward]) -> Option<Estimate> {
    let found = snips(outcomes)?;
    if is_too_few(found.members as u64) || found.effective_sample_size < LEAST_SAMPLE {
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
