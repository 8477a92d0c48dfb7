//! The weights of a blend, learnt on held-out entries by coordinate search.

use crate::Recommender;
use crate::evaluation::Split;
use crate::evaluation::candidates::Candidates;

/// One weight a model, and the NDCG that the weighted sum reached where they were learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct BlendWeights {
    /// Zero or more; a model of weight 0 adds nothing and need not be fitted again.
    pub weights: Vec<f32>,
    /// Mean NDCG at the cut over the members that were asked.
    pub ndcg: f64,
}

const MAX_ROUNDS: usize = 8;

/// Learns the weights with which the models, all fitted on `split.train`, rank the items of `split.test` best at `k`.
///
/// Only the union of each model's best items is looked at, standardised as [`Blend`](crate::recommenders::blend::Blend)
/// does. The search starts from the best single model and again from equal weights, so the result is no worse there than either.
#[must_use]
pub fn learn_blend_weights(models: &[&dyn Recommender], split: &Split, users: &[u32], k: usize) -> BlendWeights {
    search_weights(&Candidates::of(models, split, users, k), models.len())
}

pub(super) fn search_weights(candidates: &Candidates, n_parts: usize) -> BlendWeights {
    let single = |at: usize| (0..n_parts).map(|other| if other == at { 1.0 } else { 0.0 }).collect();
    let nothing = BlendWeights { weights: vec![0.0; n_parts], ndcg: 0.0 };
    let best_single = (0..n_parts).map(single).map(|weights| evaluated(candidates, weights)).fold(nothing, better);
    let equal = evaluated(candidates, vec![1.0; n_parts]);
    better(coordinate_search(candidates, best_single), coordinate_search(candidates, equal))
}

fn evaluated(candidates: &Candidates, weights: Vec<f32>) -> BlendWeights {
    BlendWeights { ndcg: candidates.ndcg(&weights), weights }
}

/// Changes one weight at a time for as long as that helps.
pub(super) fn coordinate_search(candidates: &Candidates, mut best: BlendWeights) -> BlendWeights {
    for round in 0..MAX_ROUNDS {
        let before = best.ndcg;
        // Steps shrink, so that late rounds polish what early ones found.
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
