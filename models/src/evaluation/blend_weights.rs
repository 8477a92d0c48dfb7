//! Learns the weights of a blend on held-out entries by coordinate search.

use super::candidates::Candidates;
use super::split::Split;
use crate::Recommender;

/// The weight of each model, and the NDCG of the weighted sum on the data it was learnt on.
#[derive(Debug, Clone, PartialEq)]
pub struct BlendWeights {
    /// Non-negative weights. A model of weight 0 has no effect and need not be fitted again.
    pub weights: Vec<f32>,
    /// Mean NDCG at the cutoff over the evaluated members.
    pub ndcg: f64,
}

const MAX_ROUNDS: usize = 8;

/// Learns weights that maximise the NDCG of the weighted scores at `k`. The models are fitted on `split.train` and
/// evaluated on `split.test`.
///
/// Only the union of each model's best items is scored, standardised as in
/// [`Blend`](crate::recommenders::blend::Blend). The search starts once from the best single model and once from equal
/// weights, so the result is at least as good as both.
#[must_use]
pub fn learn_blend_weights(models: &[&dyn Recommender], split: &Split, users: &[u32], k: usize) -> BlendWeights {
    search_weights(&Candidates::of(models, split, users, k), models.len())
}

pub(crate) fn search_weights(candidates: &Candidates, n_parts: usize) -> BlendWeights {
    let single = |at: usize| (0..n_parts).map(|other| if other == at { 1.0 } else { 0.0 }).collect();
    let nothing = BlendWeights { weights: vec![0.0; n_parts], ndcg: 0.0 };
    let best_single = (0..n_parts).map(single).map(|weights| evaluated(candidates, weights)).fold(nothing, better);
    let equal = evaluated(candidates, vec![1.0; n_parts]);
    better(coordinate_search(candidates, best_single), coordinate_search(candidates, equal))
}

fn evaluated(candidates: &Candidates, weights: Vec<f32>) -> BlendWeights {
    BlendWeights { ndcg: candidates.ndcg(&weights), weights }
}

/// Changes one weight at a time while the NDCG improves.
pub(crate) fn coordinate_search(candidates: &Candidates, mut best: BlendWeights) -> BlendWeights {
    for round in 0..MAX_ROUNDS {
        let before = best.ndcg;
        // Steps shrink, so that late rounds refine the result of early ones.
        let step = 0.5_f32.powi(round as i32 / 2);
        for at in 0..best.weights.len() {
            let current = best.weights[at];
            let moves = if current == 0.0 {
                [0.5, 0.25, 0.1, 0.03].map(|share| share * step)
            } else {
                [1.0 + step, 1.0 + step / 2.0, 1.0 / (1.0 + step / 2.0), 1.0 / (1.0 + step)]
                    .map(|factor| current * factor)
            };
            let zero = (current != 0.0).then_some(0.0);
            for weight in moves.into_iter().chain(zero) {
                let mut weights = best.weights.clone();
                weights[at] = weight;
                best = better(best, evaluated(candidates, weights));
            }
        }
        if best.ndcg <= before && round % 2 == 1 {
            break;
        }
    }
    best
}

fn better(best: BlendWeights, other: BlendWeights) -> BlendWeights {
    if other.ndcg > best.ndcg { other } else { best }
}
