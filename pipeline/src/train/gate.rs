//! The gate: a personal model serves only if it beats popularity on the test window beyond doubt.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{EventKind, RankerWeights, Snapshot};
use zhihui_engine::{Engine, MemberFeatures};
use zhihui_models::evaluation::{Bootstrap, Metric};

use super::learn::group_of;
use super::windows::Windows;

/// Members judged at most; more only narrow the interval.
pub(super) const MOST_MEMBERS: usize = 1_000;
/// Items ranked for each of them at most: the most popular ones beside everything taken in the window.
const MOST_ITEMS: usize = 600;
/// Length of the lists.
pub(super) const K: usize = 20;
/// Place of NDCG in [`Metric::ALL`].
const NDCG: usize = 1;

/// How the personal model compares with popularity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The personal model.
    pub model: String,
    /// What was compared.
    pub metric: String,
    /// The personal model's mean.
    pub value: f64,
    /// Popularity's mean: the better of all members' and the age band's.
    pub baseline: f64,
    /// 95 % interval of the mean paired difference, members resampled.
    pub interval: [f64; 2],
    /// Whether the interval lies above zero.
    pub accepted: bool,
    /// Members judged.
    pub members: usize,
}

/// How the rankings of one member did, by [`RANKINGS`], each with the metrics in the order of [`Metric::ALL`].
pub(super) struct Judged {
    pub(super) member: usize,
    /// What the member newly took.
    pub(super) taken: Vec<u32>,
    /// The lists, in the order of [`RANKINGS`].
    pub(super) lists: [Vec<u32>; 3],
    pub(super) metrics: [[f64; 6]; 3],
}

/// What is compared.
pub(super) const RANKINGS: [&str; 3] = ["personal", "popular", "popular_in_age_band"];

/// Ranks what was open for at most `most` members as it was known before the window, beside what they newly took in it.
pub(super) fn rank(
    engine: &Engine,
    known: &Snapshot,
    windows: Windows,
    rankers: &[RankerWeights],
    seed: u64,
    most: usize,
) -> Vec<Judged> {
    let taken = newly_taken(known, windows);
    let candidates = candidates(engine.snapshot(), &taken);
    let members = if rankers.is_empty() { Vec::new() } else { chosen(&taken, seed, most) };
    let at = windows.test_from;
    let ranked = |features: &mut MemberFeatures<'_>, &member: &usize| {
        let before = engine.snapshot();
        features.load(member);
        let seen: Vec<u32> = before.history.of(member).map(|event| before.history.item[event]).collect();
        let open: Vec<u32> = candidates.iter().copied().filter(|item| !seen.contains(item)).collect();
        let band = usize::from(before.members.age_band[member]) * before.items.id.len();
        let popularity = &before.model.popularity;
        let personal = |item: u32| {
            let features = features.of(item as usize, at);
            let group = group_of(before, item as usize);
            let ranker = rankers.iter().find(|ranker| ranker.group == group);
            ranker.map_or(f32::NEG_INFINITY, |ranker| probability(ranker, &features))
        };
        let by_band = |item: u32| popularity.by_band.get(band + item as usize).copied().unwrap_or(0.0);
        let overall = |item: u32| popularity.overall[item as usize];
        let lists = [best(&open, personal), best(&open, overall), best(&open, by_band)];
        let taken = taken[member].clone();
        let metrics = [0, 1, 2].map(|at| Metric::of_list(&lists[at], &taken, K));
        Judged { member, taken, lists, metrics }
    };
    members.par_iter().map_init(|| MemberFeatures::new(engine), ranked).collect()
}

/// Place in [`RANKINGS`] of the better popularity by NDCG.
pub(super) fn baseline(judged: &[Judged]) -> usize {
    if mean_ndcg(judged, 1) >= mean_ndcg(judged, 2) { 1 } else { 2 }
}

fn mean_ndcg(judged: &[Judged], ranking: usize) -> f64 {
    judged.iter().map(|member| member.metrics[ranking][NDCG]).sum::<f64>() / judged.len().max(1) as f64
}

/// Compares the personal rankings with popularity; `None` where nobody took anything.
pub(super) fn judge(judged: &[Judged], seed: u64) -> Option<Gate> {
    if judged.is_empty() {
        return None;
    }
    let baseline = baseline(judged);
    let gain = |member: &Judged| member.metrics[0][NDCG] - member.metrics[baseline][NDCG];
    let interval = Bootstrap::new(seed).mean(&judged.iter().map(gain).collect::<Vec<f64>>());
    Some(Gate {
        model: "blend".into(),
        metric: format!("ndcg@{K}"),
        value: mean_ndcg(judged, 0),
        baseline: mean_ndcg(judged, baseline),
        interval: [interval.low, interval.high],
        accepted: interval.low > 0.0,
        members: judged.len(),
    })
}

fn probability(ranker: &RankerWeights, features: &[f32]) -> f32 {
    let standardised =
        features.iter().zip(&ranker.means).zip(&ranker.scales).map(|((value, mean), scale)| (value - mean) / scale);
    let logit = ranker.bias + standardised.zip(&ranker.weights).map(|(value, weight)| value * weight).sum::<f32>();
    let [slope, shift] = ranker.calibration;
    1.0 / (1.0 + (-(slope * logit + shift)).exp())
}

/// Items that each member read or signed up for in the window and had not touched before, sorted.
fn newly_taken(known: &Snapshot, windows: Windows) -> Vec<Vec<u32>> {
    let history = &known.history;
    let response = |kind| matches!(kind, EventKind::Read | EventKind::SignUp);
    let of_member = |member: usize| {
        let mut before = Vec::new();
        let mut taken = Vec::new();
        let is_judged = known.members.personalised[member];
        for event in history.of(member).filter(|&event| is_judged && response(history.kind[event])) {
            if history.at[event] < windows.test_from {
                before.push(history.item[event]);
            } else if history.at[event] < windows.until {
                taken.push(history.item[event]);
            }
        }
        before.sort_unstable();
        taken.sort_unstable();
        taken.dedup();
        taken.retain(|item| before.binary_search(item).is_err());
        taken
    };
    (0..known.members.id.len()).map(of_member).collect()
}

/// What is ranked: everything taken in the window, most taken first where that is too much, and the most popular beside it.
fn candidates(before: &Snapshot, taken: &[Vec<u32>]) -> Vec<u32> {
    let mut counts = vec![0_u32; before.items.id.len()];
    for item in taken.iter().flatten() {
        counts[*item as usize] += 1;
    }
    let mut order: Vec<u32> = (0..counts.len() as u32).collect();
    let popular = |item: &u32| before.model.popularity.overall[*item as usize];
    order.sort_by(|left, right| {
        let by_count = counts[*right as usize].cmp(&counts[*left as usize]);
        by_count.then(popular(right).total_cmp(&popular(left))).then(left.cmp(right))
    });
    order.truncate(MOST_ITEMS);
    order.sort_unstable();
    order
}

/// A seeded choice of at most `most` among members who were known before the window and took something new in it.
fn chosen(taken: &[Vec<u32>], seed: u64, most: usize) -> Vec<usize> {
    let mut members: Vec<usize> = (0..taken.len()).filter(|&member| !taken[member].is_empty()).collect();
    members.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    members.truncate(most);
    members
}

/// The list that `score` makes of the open items; ties go to the smaller index.
fn best(open: &[u32], score: impl Fn(u32) -> f32) -> Vec<u32> {
    let mut scored: Vec<(f32, u32)> = open.iter().map(|&item| (score(item), item)).collect();
    let best_first = |left: &(f32, u32), right: &(f32, u32)| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1));
    if scored.len() > K {
        scored.select_nth_unstable_by(K, best_first);
        scored.truncate(K);
    }
    scored.sort_unstable_by(best_first);
    scored.into_iter().map(|(_, item)| item).collect()
}
