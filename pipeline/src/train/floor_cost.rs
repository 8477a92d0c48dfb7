//! Effects of an exposure floor: what small unions and age bands gain, and what it costs.

use rayon::prelude::*;
use serde::Serialize;
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_engine::report::is_too_few;
use zhihui_engine::{Engine, FlooredList, GroupAttention};
use zhihui_models::evaluation::Metric;

use super::list_gate::{JudgedList, K};
use super::model_comparison::{UNION_SIZES, union_size};

/// Compared floors: none, half of proportional, and proportional.
const FLOORS: [f64; 3] = [0.0, 0.5, 1.0];

/// Lists of the judged members under each floor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FloorCost {
    /// Length of the lists.
    k: usize,
    floors: Vec<UnderFloor>,
}

/// One floor with its cost and the exposure of each group.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct UnderFloor {
    /// The `exposure_floor` of `[recommend]`.
    floor: f64,
    /// Mean NDCG of the lists, judged by the new responses of members.
    ndcg: f64,
    /// Mean number of expected responses to a list: each probability times the exposure of its position.
    expected_responses: f64,
    /// Number of members whose list differs from the one without a floor.
    lists_changed: usize,
    members: usize,
    /// Exposure of items of the own union by union size, and of items of the age band by age band.
    groups: Vec<GroupRow>,
}

/// Mean exposure of own items in the lists of a group of members.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct GroupRow {
    /// `union_size` or `age_band`.
    by: &'static str,
    key: String,
    members: usize,
    /// Mean share of own items among all items that could be listed.
    offered: f64,
    /// Mean share of the exposure of the lists.
    exposed: f64,
}

impl FloorCost {
    /// Computes the effects with the rankers of `engine`, whose state is that of `now`. Returns `None` if no list was
    /// judged. Small groups are left out.
    pub(super) fn of(engine: &Engine, judged: &[JudgedList], now: i64) -> Option<Self> {
        let lists = |member: &JudgedList| engine.lists_under_floors(member.member, K, now, &FLOORS);
        let lists: Vec<Vec<FlooredList>> = judged.par_iter().map(lists).collect();
        if lists.is_empty() {
            return None;
        }
        let under = |(at, &floor): (usize, &f64)| {
            let mean = |of: &dyn Fn(usize) -> f64| (0..lists.len()).map(of).sum::<f64>() / lists.len() as f64;
            UnderFloor {
                floor,
                ndcg: mean(&|row| Metric::of_list(&lists[row][at].items, &judged[row].responded, K)[1]),
                expected_responses: mean(&|row| lists[row][at].expected_responses),
                lists_changed: lists.iter().filter(|list| list[at].items != list[0].items).count(),
                members: lists.len(),
                groups: groups(engine.snapshot(), judged, &lists, at),
            }
        };
        Some(Self { k: K, floors: FLOORS.iter().enumerate().map(under).collect() })
    }
}

fn groups(snapshot: &Snapshot, judged: &[JudgedList], lists: &[Vec<FlooredList>], floor: usize) -> Vec<GroupRow> {
    let members = &snapshot.members;
    let sizes = union_size(snapshot);
    let row = |by, key: String, is_in: &dyn Fn(usize) -> bool, group: &dyn Fn(&FlooredList) -> GroupAttention| {
        let of: Vec<GroupAttention> =
            (0..judged.len()).filter(|&at| is_in(judged[at].member)).map(|at| group(&lists[at][floor])).collect();
        let mean = |of_one: fn(&GroupAttention) -> f64| of.iter().map(of_one).sum::<f64>() / of.len() as f64;
        (!is_too_few(of.len() as u64) && !of.is_empty()).then(|| GroupRow {
            by,
            key,
            members: of.len(),
            offered: mean(|group| group.offered),
            exposed: mean(|group| group.received),
        })
    };
    let by_union = UNION_SIZES.iter().enumerate().filter_map(|(at, key)| {
        let is_in = |member: usize| members.union[member] != NONE && sizes(member) == at;
        row("union_size", (*key).to_owned(), &is_in, &|list| list.own_union)
    });
    let by_band = (0..snapshot.age_bands.count().saturating_sub(1)).filter_map(|band| {
        let is_in = |member: usize| usize::from(members.age_band[member]) == band;
        row("age_band", snapshot.age_bands.label(band), &is_in, &|list| list.age_band)
    });
    by_union.chain(by_band).collect()
}
