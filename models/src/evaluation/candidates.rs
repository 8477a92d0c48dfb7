//! Caches the candidates of several models with their standardised scores, so that blends are compared without scoring
//! again.

use rayon::prelude::*;

use super::metric::Metric;
use super::split::Split;
use crate::recommenders::blend::mean_and_deviation;
use crate::top_k::TopK;
use crate::{Recommender, Row};

/// Number of best items of each model that become candidates of a member.
const MAX_CANDIDATES: usize = 100;
/// Members scored by one thread at a time, limited so that the scores of a large catalogue fit in memory.
fn block(n_items: usize) -> usize {
    ((4 << 20) / n_items.max(1)).clamp(1, 64)
}

/// The candidates of each member and their scores by each part of a blend.
#[derive(Debug)]
pub(crate) struct Candidates {
    members: Vec<MemberCandidates>,
    k: usize,
}

/// One member's candidates in ascending order, the relevant items, and the scores of each part.
#[derive(Debug)]
struct MemberCandidates {
    items: Vec<u32>,
    relevant: Vec<u32>,
    scores: Vec<Vec<f32>>,
}

/// The standardised scores of one model for all candidates, one row for each member.
#[derive(Debug, Default)]
pub(crate) struct CandidateScores(Vec<Vec<f32>>);

impl CandidateScores {
    /// Number of members.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Appends the rows of further members.
    pub(crate) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl Candidates {
    /// The union of each model's best items for each of `users`. The models are fitted on `split.train`.
    pub(crate) fn of(models: &[&dyn Recommender], split: &Split, users: &[u32], k: usize) -> Self {
        let members = users
            .par_chunks(block(split.train.n_columns()))
            .flat_map_iter(|users| members(models, split, users, k))
            .collect();
        Self { members, k }
    }

    /// Concatenates the members of several parts.
    pub(crate) fn concat(parts: impl Iterator<Item = Self>, k: usize) -> Self {
        Self { members: parts.flat_map(|part| part.members).collect(), k }
    }

    /// Mean NDCG of the weighted sum of the parts' scores.
    pub(crate) fn ndcg(&self, weights: &[f32]) -> f64 {
        mean(&self.values(weights))
    }

    /// NDCG of each member.
    pub(crate) fn values(&self, weights: &[f32]) -> Vec<f64> {
        self.each(|member| member.ndcg(weights, None, self.k))
    }

    /// NDCG of each member with the scores of `part` replaced.
    pub(crate) fn values_with(&self, weights: &[f32], part: usize, replacement: &CandidateScores) -> Vec<f64> {
        let value = |at: usize| self.members[at].ndcg(weights, Some((part, &replacement.0[at])), self.k);
        (0..self.members.len()).into_par_iter().map(value).collect()
    }

    /// Adds a part whose scores are all zero.
    pub(crate) fn add_empty_part(&mut self) {
        self.members.iter_mut().for_each(|member| member.scores.push(vec![0.0; member.items.len()]));
    }

    /// Replaces the scores of `part`.
    pub(crate) fn replace(&mut self, part: usize, scores: CandidateScores) {
        for (member, own) in self.members.iter_mut().zip(scores.0) {
            member.scores[part] = own;
        }
    }

    fn each(&self, value: impl Fn(&MemberCandidates) -> f64 + Sync + Send) -> Vec<f64> {
        self.members.par_iter().map(value).collect()
    }
}

/// The mean; 0 without values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

impl MemberCandidates {
    fn ndcg(&self, weights: &[f32], replacement: Option<(usize, &[f32])>, k: usize) -> f64 {
        let mut sums = vec![0.0; self.items.len()];
        for (part, (scores, weight)) in self.scores.iter().zip(weights).enumerate().filter(|(_, (_, w))| **w != 0.0) {
            let scores =
                replacement.filter(|&(replaced, _)| replaced == part).map_or(&scores[..], |(_, scores)| scores);
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += weight * score);
        }
        let mut best = TopK::new(k);
        let ranked: Vec<u32> = best.select(&sums, &[]).iter().map(|scored| self.items[scored.item as usize]).collect();
        Metric::of_list(&ranked, &self.relevant, k)[Metric::Ndcg as usize]
    }
}

/// Scores `users` once. Returns the mean NDCG of `model` and its scores of the candidates, which start at the given
/// member.
pub(crate) fn evaluate_on_candidates(
    model: &dyn Recommender,
    split: &Split,
    users: &[u32],
    k: usize,
    candidates: Option<(&Candidates, usize)>,
) -> (f64, CandidateScores) {
    let n_items = split.train.n_columns();
    let size = block(n_items);
    let evaluated: Vec<(f64, Vec<f32>)> = users
        .par_chunks(size)
        .enumerate()
        .flat_map_iter(|(block, users)| {
            let (rows, histories) = rows_and_histories(users, split);
            let mut scores = vec![0.0; users.len() * n_items];
            model.score_block(&rows, &histories, &mut scores);
            let mut best = TopK::new(k);
            let mut evaluated = Vec::with_capacity(users.len());
            for (at, (&user, history)) in rows.iter().zip(histories).enumerate() {
                let items = candidates
                    .map_or(&[][..], |(candidates, from)| &candidates.members[from + block * size + at].items);
                let row = &scores[at * n_items..(at + 1) * n_items];
                evaluated.push(if model.serves(Some(user), history) {
                    let list: Vec<u32> = best.select(row, history.columns).iter().map(|scored| scored.item).collect();
                    let relevant = split.test.row(user).columns;
                    (Metric::of_list(&list, relevant, k)[Metric::Ndcg as usize], standardised(row, items))
                } else {
                    (0.0, vec![0.0; items.len()])
                });
            }
            evaluated
        })
        .collect();
    let ndcg = evaluated.iter().map(|(ndcg, _)| ndcg).sum::<f64>() / evaluated.len().max(1) as f64;
    (ndcg, CandidateScores(evaluated.into_iter().map(|(_, scores)| scores).collect()))
}

fn rows_and_histories<'a>(users: &[u32], split: &'a Split) -> (Vec<usize>, Vec<Row<'a>>) {
    let rows: Vec<usize> = users.iter().map(|&user| user as usize).collect();
    let histories = rows.iter().map(|&user| split.train.row(user)).collect();
    (rows, histories)
}

/// The scores of `items`, standardised as in [`Blend`](crate::recommenders::blend::Blend).
fn standardised(row: &[f32], items: &[u32]) -> Vec<f32> {
    if items.is_empty() {
        return Vec::new();
    }
    let (mean, deviation) = mean_and_deviation(row);
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    items.iter().map(|&item| (row[item as usize] - mean) * scale).collect()
}

fn members(models: &[&dyn Recommender], split: &Split, users: &[u32], k: usize) -> Vec<MemberCandidates> {
    let n_items = split.train.n_columns();
    let (rows, histories) = rows_and_histories(users, split);
    let mut best = TopK::new(MAX_CANDIDATES.max(k));
    let mut items: Vec<Vec<u32>> = vec![Vec::new(); users.len()];
    let blocks: Vec<Vec<f32>> = models
        .iter()
        .map(|model| {
            let mut block = vec![0.0; rows.len() * n_items];
            model.score_block(&rows, &histories, &mut block);
            for (at, items) in
                items.iter_mut().enumerate().filter(|&(at, _)| model.serves(Some(rows[at]), histories[at]))
            {
                let row = &block[at * n_items..(at + 1) * n_items];
                items.extend(best.select(row, histories[at].columns).iter().map(|scored| scored.item));
            }
            block
        })
        .collect();
    let member = |(at, mut items): (usize, Vec<u32>)| {
        items.sort_unstable();
        items.dedup();
        let scores = models.iter().zip(&blocks).map(|(model, block)| {
            let serves = model.serves(Some(rows[at]), histories[at]);
            if serves { standardised(&block[at * n_items..(at + 1) * n_items], &items) } else { vec![0.0; items.len()] }
        });
        MemberCandidates { scores: scores.collect(), relevant: split.test.row(rows[at]).columns.to_vec(), items }
    };
    items.into_iter().enumerate().map(member).collect()
}
