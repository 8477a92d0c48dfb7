//! What a floor on exposure would give to small unions and to age bands, and what it would cost.

use rayon::prelude::*;
use serde::Serialize;
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_engine::report::is_too_few;
use zhihui_engine::{Engine, FlooredList, GroupAttention};
use zhihui_models::evaluation::Metric;

use super::comparison::{UNION_SIZES, union_size};
use super::list_gate::{Judged, K};

/// Floors that are compared: none, half of proportional, proportional.
const FLOORS: [f64; 3] = [0.0, 0.5, 1.0];

/// Lists of the judged members under each floor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FloorCost {
    /// Length of the lists.
    k: usize,
    floors: Vec<UnderFloor>,
}

/// One floor: its cost, and who sees how much of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct UnderFloor {
    /// The `exposure_floor` of `[recommend]`.
    floor: f64,
    /// Mean NDCG of the lists against what members newly took.
    ndcg: f64,
    /// Mean responses expected of a list, each probability times the exposure of its place.
    expected_responses: f64,
    /// Members whose list differs from the one without a floor.
    lists_changed: usize,
    members: usize,
    /// Exposure of the own union's items by size of the member's union, and of the age band's items by age band.
    groups: Vec<GroupRow>,
}

/// Mean exposure of what is their own in the lists of a group of members.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct GroupRow {
    /// `union_size` or `age_band`.
    by: &'static str,
    key: String,
    members: usize,
    /// Mean share among all that could be listed.
    offered: f64,
    /// Mean share of the lists' exposure.
    exposed: f64,
}

impl FloorCost {
    /// `engine` holds what was known at `now`, with the rankers; `None` where nobody was judged. Groups of fewer than ten members
    /// are left out.
    pub(super) fn of(engine: &Engine, judged: &[Judged], now: i64) -> Option<Self> {
        let lists = |member: &Judged| engine.lists_under_floors(member.member, K, now, &FLOORS);
        let lists: Vec<Vec<FlooredList>> = judged.par_iter().map(lists).collect();
        if lists.is_empty() {
            return None;
        }
        let under = |(at, &floor): (usize, &f64)| {
            let mean = |of: &dyn Fn(usize) -> f64| (0..lists.len()).map(of).sum::<f64>() / lists.len() as f64;
            UnderFloor {
                floor,
                ndcg: mean(&|row| Metric::of_list(&lists[row][at].items, &judged[row].taken, K)[1]),
                expected_responses: mean(&|row| lists[row][at].expected_responses),
                lists_changed: lists.iter().filter(|list| list[at].items != list[0].items).count(),
                members: lists.len(),
                groups: groups(engine.snapshot(), judged, &lists, at),
            }
        };
        Some(Self { k: K, floors: FLOORS.iter().enumerate().map(under).collect() })
    }
}

fn groups(snapshot: &Snapshot, judged: &[Judged], lists: &[Vec<FlooredList>], floor: usize) -> Vec<GroupRow> {
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
