//! Compares the personal model with popularity, for all judged members and for slices of them.

use std::collections::BTreeSet;

use serde::Serialize;
use zhihui_data::snapshot::{EventKind, ItemGroup, NONE, Snapshot};
use zhihui_engine::report::is_too_few;
use zhihui_models::evaluation::{Bootstrap, Metric};

use super::item_group::group_of;
use super::list_gate::{JudgedList, K, NDCG};

/// Compared rankings: the first orderings of every judged list.
pub(super) const RANKINGS: [&str; 3] = ["personal", "popular", "popular_in_age_band"];

/// All metrics of all rankings, and NDCG by slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ModelComparison {
    /// Length of the lists.
    k: usize,
    /// The ranking over which gains are measured.
    baseline: &'static str,
    rankings: Vec<RankingMetrics>,
    /// NDCG by slice; slices of fewer than ten members are left out.
    slices: Vec<SliceMetrics>,
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

/// One slice of the members or of their responses.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct SliceMetrics {
    /// `age_band`, `union_size`, `history` (responses before the window) or `taken` (kind of the items responded to).
    by: &'static str,
    key: String,
    members: usize,
    personal: f64,
    popular: f64,
    popular_in_age_band: f64,
    /// Mean gain over the baseline with its 95 % interval. Members are resampled.
    gain: f64,
    interval: [f64; 2],
}

impl ModelComparison {
    /// Compares the judged lists. `before` is the state when they were made. Returns `None` without lists.
    pub(super) fn of(judged: &[JudgedList], before: &Snapshot, seed: u64) -> Option<Self> {
        if judged.is_empty() {
            return None;
        }
        let against = baseline(judged);
        let ranking = |(at, &ranking): (usize, &&'static str)| {
            let mean = |metric: Metric| {
                let index = Metric::ALL.iter().position(|&other| other == metric).unwrap_or_default();
                judged.iter().map(|member| member.metrics[at][index]).sum::<f64>() / judged.len() as f64
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

/// Member and NDCG of the three rankings, for each list of a slice.
type SliceNdcg = Vec<(u32, [f64; 3])>;

/// Returns the index in [`RANKINGS`] of the popularity with the higher NDCG.
pub(super) fn baseline(judged: &[JudgedList]) -> usize {
    if mean_ndcg(judged, 1) >= mean_ndcg(judged, 2) { 1 } else { 2 }
}

pub(super) fn mean_ndcg(judged: &[JudgedList], ranking: usize) -> f64 {
    judged.iter().map(|list| list.metrics[ranking][NDCG]).sum::<f64>() / judged.len().max(1) as f64
}

pub(super) fn distinct(members: impl Iterator<Item = u32>) -> usize {
    members.collect::<BTreeSet<u32>>().len()
}

fn slice(by: &'static str, key: String, ndcg: &[(u32, [f64; 3])], against: usize, seed: u64) -> SliceMetrics {
    let mean = |at: usize| ndcg.iter().map(|(_, of_list)| of_list[at]).sum::<f64>() / ndcg.len() as f64;
    let gains: Vec<f64> = ndcg.iter().map(|(_, of_list)| of_list[0] - of_list[against]).collect();
    let members: Vec<u32> = ndcg.iter().map(|&(member, _)| member).collect();
    let gain = Bootstrap::new(seed).mean_by_member(&members, &gains);
    SliceMetrics {
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

fn groups(judged: &[JudgedList], before: &Snapshot) -> Vec<(&'static str, String, SliceNdcg)> {
    let mut all = Vec::new();
    let all_responses = |list: &JudgedList| (list.member as u32, [0, 1, 2].map(|at| list.metrics[at][NDCG]));
    let mut by = |name, keys: &[String], key_of: &dyn Fn(usize) -> usize| {
        for (at, key) in keys.iter().enumerate() {
            let part = judged.iter().filter(|member| key_of(member.member) == at).map(all_responses).collect();
            all.push((name, key.clone(), part));
        }
    };
    let bands: Vec<String> = (0..before.age_bands.count()).map(|band| before.age_bands.label(band)).collect();
    by("age_band", &bands, &|member| usize::from(before.members.age_band[member]));
    by("union_size", &UNION_SIZES.map(str::to_owned), &union_size(before));
    let history = |member: usize| {
        let kinds = before.history.of(member).map(|event| before.history.kind(event));
        let responses = kinds.filter(|kind| matches!(kind, EventKind::Read | EventKind::SignUp)).count();
        [1, 10].iter().filter(|&&from| responses >= from).count()
    };
    by("history", &["0", "1-9", "10+"].map(str::to_owned), &history);
    let is_known = known_items(before);
    let new = |item: u32| !is_known[item as usize];
    let article = |item: u32| group_of(before, item as usize) == ItemGroup::Articles;
    all.push(("taken", "articles".into(), of_items(judged, article)));
    all.push(("taken", "activities".into(), of_items(judged, |item| !article(item))));
    all.push(("taken", "new_items".into(), of_items(judged, new)));
    all.push(("taken", "known_items".into(), of_items(judged, |item| !new(item))));
    all
}

/// Size classes of unions. Members without a known union are last.
pub(super) const UNION_SIZES: [&str; 5] = ["1-9", "10-99", "100-999", "1000+", "unknown"];

/// Returns a function from member to size class of the union, an index into [`UNION_SIZES`].
pub(super) fn union_size(snapshot: &Snapshot) -> impl Fn(usize) -> usize + '_ {
    let union_of = &snapshot.members.union;
    let mut sizes = vec![0_usize; snapshot.unions.id.len()];
    union_of.iter().filter(|&&union| union != NONE).for_each(|&union| sizes[union as usize] += 1);
    move |member| match union_of[member] {
        NONE => 4,
        union => [10, 100, 1_000].iter().filter(|&&from| sizes[union as usize] >= from).count(),
    }
}

/// Returns lists with a response to the selected items, judged by these items alone.
fn of_items(judged: &[JudgedList], counts: impl Fn(u32) -> bool) -> SliceNdcg {
    let ndcg = |member: &JudgedList| {
        let responded: Vec<u32> = member.responded.iter().copied().filter(|&item| counts(item)).collect();
        let of = |list: &Vec<u32>| Metric::of_list(list, &responded, K)[NDCG];
        let lists = || [0, 1, 2].map(|at| of(&member.lists[at]));
        (!responded.is_empty()).then(|| (member.member as u32, lists()))
    };
    judged.iter().filter_map(ndcg).collect()
}

/// Returns for each item whether any member responded to it before.
fn known_items(before: &Snapshot) -> Vec<bool> {
    let mut is_known = vec![false; before.items.id.len()];
    let others = before.unattributed.item.iter().copied().zip(before.unattributed.kind.iter().copied());
    let own = before.history.places().map(|event| (before.history.item(event), before.history.kind(event)));
    for (item, kind) in own.chain(others) {
        is_known[item as usize] |= matches!(kind, EventKind::Read | EventKind::SignUp);
    }
    is_known
}
