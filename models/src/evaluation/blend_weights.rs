//! The weights of a blend, learnt on held-out entries by coordinate search.

use rayon::prelude::*;

use crate::evaluation::{Metric, Split};
use crate::recommenders::blend::moments;
use crate::top_k::TopK;
use crate::{Recommender, UserItems};

/// One weight a model, and the NDCG that the weighted sum reached where they were learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct LearntWeights {
    /// Zero or more; a model of weight 0 adds nothing and need not be fitted again.
    pub weights: Vec<f32>,
    /// Mean NDCG at the cut over the members that were asked.
    pub ndcg: f64,
}

/// How many of each model's best items are kept as candidates of a member.
const DEPTH: usize = 100;
const MOST_ROUNDS: usize = 8;

/// Learns the weights with which the models, all fitted on `split.train`, rank the items of `split.test` best at `k`.
///
/// Only the union of each model's best items is looked at, standardised as [`Blend`](crate::recommenders::blend::Blend)
/// does. The search starts from the best single model and again from equal weights, so the result is no worse there than either.
#[must_use]
pub fn learn_weights(models: &[&dyn Recommender], split: &Split, users: &[u32], k: usize) -> LearntWeights {
    let pools: Vec<Pool> = users.par_chunks(64).flat_map_iter(|users| pools(models, split, users, k)).collect();
    let ndcg = |weights: &[f32]| {
        let values: Vec<f64> = pools.par_iter().map(|pool| pool.ndcg(weights, &split.test, k)).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let measured = |weights: Vec<f32>| LearntWeights { ndcg: ndcg(&weights), weights };
    let single = |at: usize| (0..models.len()).map(|other| if other == at { 1.0 } else { 0.0 }).collect();
    let nothing = LearntWeights { weights: vec![0.0; models.len()], ndcg: 0.0 };
    let best_single = (0..models.len()).map(single).map(measured).fold(nothing, better);
    let equal = measured(vec![1.0; models.len()]);
    better(climb(best_single, &measured), climb(equal, &measured))
}

/// Changes one weight at a time for as long as that helps.
fn climb(mut best: LearntWeights, measured: &impl Fn(Vec<f32>) -> LearntWeights) -> LearntWeights {
    for round in 0..MOST_ROUNDS {
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
            for weight in moves.into_iter().chain([0.0]) {
                let mut weights = best.weights.clone();
                weights[at] = weight;
                best = better(best, measured(weights));
            }
        }
        if best.ndcg <= before && round % 2 == 1 {
            break;
        }
    }
    best
}

fn better(best: LearntWeights, other: LearntWeights) -> LearntWeights {
    if other.ndcg > best.ndcg { other } else { best }
}

/// A member's candidates, ascending, with the standardised scores of each, one model after another.
struct Pool {
    user: u32,
    items: Vec<u32>,
    scores: Vec<Vec<f32>>,
}

impl Pool {
    fn ndcg(&self, weights: &[f32], test: &UserItems, k: usize) -> f64 {
        let mut sums = vec![0.0; self.items.len()];
        for (scores, weight) in self.scores.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += weight * score);
        }
        let mut best = TopK::new(k);
        let ranked: Vec<u32> = best.select(&sums, &[]).iter().map(|scored| self.items[scored.item as usize]).collect();
        Metric::of_list(&ranked, test.row(self.user as usize).columns, k)[Metric::Ndcg as usize]
    }
}

fn pools(models: &[&dyn Recommender], split: &Split, users: &[u32], k: usize) -> Vec<Pool> {
    let n_items = split.train.n_columns();
    let rows: Vec<usize> = users.iter().map(|&user| user as usize).collect();
    let histories: Vec<_> = rows.iter().map(|&user| split.train.row(user)).collect();
    let mut best = TopK::new(DEPTH.max(k));
    let blocks: Vec<Vec<f32>> = models
        .iter()
        .map(|model| {
            let mut block = vec![0.0; rows.len() * n_items];
            model.score_block(&rows, &histories, &mut block);
            block
        })
        .collect();
    let pool = |at: usize| {
        let scores: Vec<Option<&[f32]>> = models
            .iter()
            .zip(&blocks)
            .map(|(model, block)| {
                let serves = model.serves(Some(rows[at]), histories[at]);
                serves.then(|| &block[at * n_items..(at + 1) * n_items])
            })
            .collect();
        (users[at], histories[at], scores)
    };
    (0..users.len())
        .map(pool)
        .map(|(user, history, rows)| {
            let mut items: Vec<u32> = Vec::new();
            for row in rows.iter().flatten() {
                items.extend(best.select(row, history.columns).iter().map(|scored| scored.item));
            }
            items.sort_unstable();
            items.dedup();
            let standardised = |row: &Option<&[f32]>| match row {
                Some(row) => {
                    let (mean, deviation) = moments(row);
                    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
                    items.iter().map(|&item| (row[item as usize] - mean) * scale).collect()
                }
                None => vec![0.0; items.len()],
            };
            let scores = rows.iter().map(standardised).collect();
            Pool { user, items, scores }
        })
        .collect()
}
