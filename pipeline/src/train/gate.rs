//! The outcome of the model gate: lists of the personal model compared with popularity, and a verdict for each side.

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{RankerWeights, Snapshot};
use zhihui_engine::Engine;
use zhihui_models::evaluation::Bootstrap;

use super::compared_order::{CHALLENGER, ComparedOrder};
use super::item_group::GROUPS;
use super::list_gate::{self, JudgedList, K, NDCG};
use super::model_candidate::CandidateResult;
use super::model_comparison::{baseline, distinct, mean_ndcg};
use super::responses::{labelled_lists, new_responses};
use super::served_model::accepted;
use super::verdict::SideVerdict;
use super::windows::{DAY, Windows};

/// How the personal model compares with popularity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The personal model.
    pub model: String,
    /// Metric of the lists of both groups together.
    pub metric: String,
    /// Mean of the personal model.
    pub value: f64,
    /// Mean of popularity: of all members or of the age band, whichever is higher.
    pub baseline: f64,
    /// 95 % interval of the mean paired difference, members resampled.
    pub interval: [f64; 2],
    /// Whether the model trained now is accepted for at least one side of one group of items.
    pub accepted: bool,
    /// Number of members with a judged list.
    pub members: usize,
    /// Verdicts by group of items and side.
    #[serde(default)]
    pub sides: Vec<SideVerdict>,
}

impl Gate {
    /// Compares the lists of both groups. Returns `None` if no list of a personal model was judged.
    pub(super) fn of(outcome: &CandidateResult, sides: Vec<SideVerdict>, seed: u64) -> Option<Self> {
        let judged = &outcome.lists;
        if judged.is_empty() {
            return None;
        }
        let baseline = baseline(judged);
        let members: Vec<u32> = judged.iter().map(|list| list.member as u32).collect();
        let gain = |list: &JudgedList| list.metrics[0][NDCG] - list.metrics[baseline][NDCG];
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

/// Judges at most `limit` lists of members by the rankers and by popularity, overall and in the age band. `engine` has
/// the state at the start of the test window. A settings search compares settings by the result.
pub(super) fn rank(
    engine: &Engine,
    assembled: &Snapshot,
    windows: Windows,
    rankers: &[RankerWeights],
    seed: u64,
    limit: usize,
) -> Vec<JudgedList> {
    let mut all = Vec::new();
    let day_starts: Vec<i64> = (windows.test_from..windows.until).step_by(DAY as usize).collect();
    for group in GROUPS {
        let Some(ranker) = rankers.iter().find(|ranker| ranker.group == group) else { continue };
        let personal = ComparedOrder::ranker(CHALLENGER, ranker, [ranker.calibration; 2]);
        let orderings = [personal, ComparedOrder::popularity(), ComparedOrder::band_popularity()];
        let lists = labelled_lists(&new_responses(assembled, group, windows), &day_starts, seed, limit / rankers.len());
        all.extend(list_gate::judge(engine, group, &lists, &orderings));
    }
    all
}
