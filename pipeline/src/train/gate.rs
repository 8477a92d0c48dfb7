//! The gate in short: the personal model's lists beside popularity, and all that was judged.

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{RankerWeights, Snapshot};
use zhihui_engine::Engine;
use zhihui_models::evaluation::Bootstrap;

use super::comparison::{baseline, distinct, mean_ndcg};
use super::contender::{CHALLENGER, Contender};
use super::entrant::Outcome;
use super::list_gate::{self, Judged, K, NDCG};
use super::rankers::GROUPS;
use super::served::accepted;
use super::takes::{takes, visits};
use super::verdict::SideVerdict;
use super::windows::{DAY, Windows};

/// How the personal model compares with popularity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The personal model.
    pub model: String,
    /// What was compared: lists of both groups together.
    pub metric: String,
    /// The personal model's mean.
    pub value: f64,
    /// Popularity's mean: the better of all members' and the age band's.
    pub baseline: f64,
    /// 95 % interval of the mean paired difference, members resampled.
    pub interval: [f64; 2],
    /// Whether the personal model trained now passed on some side of some group of items.
    pub accepted: bool,
    /// Members judged.
    pub members: usize,
    /// By group of items and side: what was judged and what serves.
    #[serde(default)]
    pub sides: Vec<SideVerdict>,
}

impl Gate {
    /// The lists of both groups together; `None` where no list of a personal model was judged.
    pub(super) fn of(outcome: &Outcome, sides: Vec<SideVerdict>, seed: u64) -> Option<Self> {
        let judged = &outcome.lists;
        if judged.is_empty() {
            return None;
        }
        let baseline = baseline(judged);
        let members: Vec<u32> = judged.iter().map(|list| list.member as u32).collect();
        let gain = |list: &Judged| list.metrics[0][NDCG] - list.metrics[baseline][NDCG];
        let interval = Bootstrap::new(seed).mean_by_member(&members, &judged.iter().map(gain).collect::<Vec<f64>>());
        Some(Self {
            model: CHALLENGER.into(),
            metric: format!("ndcg@{K}"),
            value: mean_ndcg(judged, 0),
            baseline: mean_ndcg(judged, baseline),
            interval: [interval.low, interval.high],
            accepted: accepted(outcome) > 0,
            members: distinct(members.into_iter()),
            sides,
        })
    }
}

/// Lists of at most `most` days of members by some rankers, popularity in the age band and overall, all made by one engine
/// that stands where the window begins: what a search compares settings by.
pub(super) fn rank(
    engine: &Engine,
    known: &Snapshot,
    windows: Windows,
    rankers: &[RankerWeights],
    seed: u64,
    most: usize,
) -> Vec<Judged> {
    let mut all = Vec::new();
    let mornings: Vec<i64> = (windows.test_from..windows.until).step_by(DAY as usize).collect();
    for group in GROUPS {
        let Some(ranker) = rankers.iter().find(|ranker| ranker.group == group) else { continue };
        let personal = Contender::ranker(CHALLENGER, ranker, [ranker.calibration; 2]);
        let contenders = [personal, Contender::popularity(), Contender::band_popularity()];
        let visits = visits(&takes(known, group, windows), &mornings, seed, most / rankers.len());
        all.extend(list_gate::judge(engine, group, &visits, &contenders));
    }
    all
}
