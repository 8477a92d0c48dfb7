//! The personal model beside popularity, for all judged members and for parts of them.

use std::collections::BTreeSet;

use serde::Serialize;
use zhihui_data::snapshot::{EventKind, ItemGroup, NONE, Snapshot};
use zhihui_engine::report::is_too_few;
use zhihui_models::evaluation::{Bootstrap, Metric};

use super::learn::group_of;
use super::list_gate::{Judged, K, NDCG};

/// What is compared: the first contenders of every judged list.
pub(super) const RANKINGS: [&str; 3] = ["personal", "popular", "popular_in_age_band"];

/// All metrics of all rankings, and NDCG by slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Comparison {
    /// Length of the lists.
    k: usize,
    /// What the gains are against.
    baseline: &'static str,
    /// Mean metrics of each ranking.
    rankings: Vec<RankingMetrics>,
    /// NDCG by slice; slices of fewer than ten members are left out.
    slices: Vec<Slice>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct RankingMetrics {
    ranking: &'static str,
    recall: f64,
    ndcg: f64,
    hit_rate: f64,
    mrr: f64,
    map: f64,
}

/// One part of the members, or of what they took.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Slice {
    /// `age_band`, `union_size`, `history` (events before the window) or `taken` (what of the taken items counts).
    by: &'static str,
    key: String,
    members: usize,
    personal: f64,
    popular: f64,
    popular_in_age_band: f64,
    /// Mean gain over the baseline of all members, and its 95 % interval, members resampled.
    gain: f64,
    interval: [f64; 2],
}

impl Comparison {
    /// `before` is what was known when the rankings were made; `None` where nobody was judged.
    pub(super) fn of(judged: &[Judged], before: &Snapshot, seed: u64) -> Option<Self> {
        if judged.is_empty() {
            return None;
        }
        let against = baseline(judged);
        let ranking = |(at, &ranking): (usize, &&'static str)| {
            let mean = |metric: Metric| {
                let place = Metric::ALL.iter().position(|&known| known == metric).unwrap_or_default();
                judged.iter().map(|member| member.metrics[at][place]).sum::<f64>() / judged.len() as f64
            };
            RankingMetrics {
                ranking,
                recall: mean(Metric::Recall),
                ndcg: mean(Metric::Ndcg),
                hit_rate: mean(Metric::HitRate),
                mrr: mean(Metric::Mrr),
                map: mean(Metric::Map),
            }
        };
        let slices = groups(judged, before);
        let slices = slices.into_iter().filter(|(_, _, part)| {
            let members = distinct(part.iter().map(|&(member, _)| member));
            members > 0 && !is_too_few(members as u64)
        });
        Some(Self {
            k: K,
            baseline: RANKINGS[against],
            rankings: RANKINGS.iter().enumerate().map(ranking).collect(),
            slices: slices.map(|(by, key, ndcg)| slice(by, key, &ndcg, against, seed)).collect(),
        })
    }
}

/// The member, and NDCG of the three rankings, for each list of a group.
type Part = Vec<(u32, [f64; 3])>;

/// Place in [`RANKINGS`] of the better popularity by NDCG.
pub(super) fn baseline(judged: &[Judged]) -> usize {
    if mean_ndcg(judged, 1) >= mean_ndcg(judged, 2) { 1 } else { 2 }
}

/// Mean NDCG of a ranking.
pub(super) fn mean_ndcg(judged: &[Judged], ranking: usize) -> f64 {
    judged.iter().map(|list| list.metrics[ranking][NDCG]).sum::<f64>() / judged.len().max(1) as f64
}

/// Number of different members.
pub(super) fn distinct(members: impl Iterator<Item = u32>) -> usize {
    members.collect::<BTreeSet<u32>>().len()
}

fn slice(by: &'static str, key: String, ndcg: &[(u32, [f64; 3])], against: usize, seed: u64) -> Slice {
    let mean = |at: usize| ndcg.iter().map(|(_, of_list)| of_list[at]).sum::<f64>() / ndcg.len() as f64;
    let gains: Vec<f64> = ndcg.iter().map(|(_, of_list)| of_list[0] - of_list[against]).collect();
    let members: Vec<u32> = ndcg.iter().map(|&(member, _)| member).collect();
    let gain = Bootstrap::new(seed).mean_by_member(&members, &gains);
    Slice {
        by,
        key,
        members: distinct(members.into_iter()),
        personal: mean(0),
        popular: mean(1),
        popular_in_age_band: mean(2),
        gain: gain.value,
        interval: [gain.low, gain.high],
    }
}

fn groups(judged: &[Judged], before: &Snapshot) -> Vec<(&'static str, String, Part)> {
    let mut all = Vec::new();
    let whole = |list: &Judged| (list.member as u32, [0, 1, 2].map(|at| list.metrics[at][NDCG]));
    let mut by = |name, keys: &[String], key_of: &dyn Fn(usize) -> usize| {
        for (at, key) in keys.iter().enumerate() {
            let part = judged.iter().filter(|member| key_of(member.member) == at).map(whole).collect();
            all.push((name, key.clone(), part));
        }
    };
    let bands: Vec<String> = (0..before.age_bands.count()).map(|band| before.age_bands.label(band)).collect();
    by("age_band", &bands, &|member| usize::from(before.members.age_band[member]));
    let mut sizes = vec![0_usize; before.unions.id.len()];
    before.members.union.iter().filter(|&&union| union != NONE).for_each(|&union| sizes[union as usize] += 1);
    let size = |member: usize| match before.members.union[member] {
        NONE => 4,
        union => [10, 100, 1_000].iter().filter(|&&from| sizes[union as usize] >= from).count(),
    };
    by("union_size", &["1-9", "10-99", "100-999", "1000+", "unknown"].map(str::to_owned), &size);
    let taken_before = |member: usize| {
        let kinds = before.history.of(member).map(|event| before.history.kind[event]);
        let taken = kinds.filter(|kind| matches!(kind, EventKind::Read | EventKind::SignUp)).count();
        [1, 10].iter().filter(|&&from| taken >= from).count()
    };
    by("history", &["0", "1-9", "10+"].map(str::to_owned), &taken_before);
    let touched = touched(before);
    let new = |item: u32| !touched[item as usize];
    let article = |item: u32| group_of(before, item as usize) == ItemGroup::Articles;
    all.push(("taken", "articles".into(), of_items(judged, article)));
    all.push(("taken", "activities".into(), of_items(judged, |item| !article(item))));
    all.push(("taken", "new_items".into(), of_items(judged, new)));
    all.push(("taken", "known_items".into(), of_items(judged, |item| !new(item))));
    all
}

/// Members who took such items, their lists judged by these alone.
fn of_items(judged: &[Judged], counts: impl Fn(u32) -> bool) -> Part {
    let ndcg = |member: &Judged| {
        let taken: Vec<u32> = member.taken.iter().copied().filter(|&item| counts(item)).collect();
        let of = |list: &Vec<u32>| Metric::of_list(list, &taken, K)[NDCG];
        let lists = || [0, 1, 2].map(|at| of(&member.lists[at]));
        (!taken.is_empty()).then(|| (member.member as u32, lists()))
    };
    judged.iter().filter_map(ndcg).collect()
}

/// Whether anybody read or signed up for each item before.
fn touched(before: &Snapshot) -> Vec<bool> {
    let mut touched = vec![false; before.items.id.len()];
    let others = before.unattributed.item.iter().zip(&before.unattributed.kind);
    for (&item, kind) in before.history.item.iter().zip(&before.history.kind).chain(others) {
        touched[item as usize] |= matches!(kind, EventKind::Read | EventKind::SignUp);
    }
    touched
}
