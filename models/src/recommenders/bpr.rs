//! Bayesian personalised ranking: matrix factorisation learnt from pairs of an item a member has and an item the member
//! has not.
//!
//! Rendle, Freudenthaler, Gantner and Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit Feedback"
//! (2009). Stochastic gradient steps run on one thread in an order determined by the seed, so that a fit is
//! reproducible to the bit. Entries are drawn in proportion to their weights.

use std::borrow::Cow;

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::entry_sampler::EntrySampler;
use super::fingerprint::fingerprint;
use crate::{InnerProductModel, ModelError, Recommender, Row, UserItems};

/// Passes over a history when a member is folded in.
const FOLD_IN_PASSES: usize = 20;

/// Parameters of [`Bpr`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BprParams {
    /// Length of a vector, 1 to 1024.
    pub factors: usize,
    /// Number of passes, 1 to 10000. Each draws as many pairs as there are entries.
    pub epochs: usize,
    /// Initial step size, above 0 and at most 1. It decreases linearly to a tenth.
    pub learning_rate: f32,
    /// Strength of the quadratic penalty on vectors and item biases, 0 to 1.
    pub regularisation: f32,
}

impl Default for BprParams {
    fn default() -> Self {
        Self { factors: 64, epochs: 60, learning_rate: 0.1, regularisation: 0.005 }
    }
}

/// Fitted member vectors, item vectors and item biases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bpr {
    params: BprParams,
    seed: u64,
    users: Vec<f32>,
    /// Each item's vector followed by its bias.
    items: Vec<f32>,
    /// Fingerprint of each member's row at fit time, to detect a changed history.
    rows_seen: Vec<u64>,
}

impl BprParams {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        if !(1..=1024).contains(&self.factors) {
            return Err(ModelError::bad_parameter("bpr.factors", self.factors, "from 1 to 1024"));
        }
        if !(1..=10_000).contains(&self.epochs) {
            return Err(ModelError::bad_parameter("bpr.epochs", self.epochs, "from 1 to 10000"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(ModelError::bad_parameter("bpr.learning_rate", self.learning_rate, "above 0 and at most 1"));
        }
        if !(0.0..=1.0).contains(&self.regularisation) {
            return Err(ModelError::bad_parameter("bpr.regularisation", self.regularisation, "from 0 to 1"));
        }
        Ok(())
    }

    /// Fits by stochastic gradient steps over random triples of a member, an item the member has and one the member has
    /// not.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`], [`ModelError::NotEnoughData`] for a matrix without entries,
    /// [`ModelError::Diverged`] if a vector is not finite.
    pub fn fit(&self, matrix: &UserItems, seed: u64) -> Result<Bpr, ModelError> {
        self.check()?;
        let sampler = EntrySampler::new(matrix).ok_or_else(|| {
            ModelError::NotEnoughData(
                "BPR needs at least one entry with a weight above zero in the user-item matrix; load reads or sign-ups first"
                    .into(),
            )
        })?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut model = Bpr {
            params: self.clone(),
            seed,
            users: small_numbers(matrix.n_rows() * self.factors, self.factors, &mut rng),
            items: small_numbers(matrix.n_columns() * (self.factors + 1), self.factors, &mut rng),
            rows_seen: (0..matrix.n_rows()).into_par_iter().map(|row| fingerprint(matrix.row(row))).collect(),
        };
        let width = self.factors;
        for epoch in 0..self.epochs {
            let rate = self.rate(epoch, self.epochs);
            for _ in 0..matrix.n_entries() {
                let (user, liked) = sampler.draw(&mut rng);
                let other = rng.gen_range(0..matrix.n_columns());
                if matrix.row(user).contains(other as u32) {
                    continue;
                }
                let user = &mut model.users[user * width..(user + 1) * width];
                step(user, &mut model.items, liked, other, rate, self.regularisation);
            }
        }
        if model.users.iter().chain(&model.items).all(|value| value.is_finite()) {
            Ok(model)
        } else {
            Err(ModelError::Diverged("BPR"))
        }
    }

    fn rate(&self, pass: usize, passes: usize) -> f32 {
        self.learning_rate * (1.0 - 0.9 * pass as f32 / passes as f32)
    }
}

/// One gradient step on ln σ(score of `liked` − score of `other`).
fn step(user: &mut [f32], items: &mut [f32], liked: usize, other: usize, rate: f32, ridge: f32) {
    let stride = user.len() + 1;
    let Some((liked, other)) = two_rows(items, stride, liked, other) else { return };
    let lead = dot_with_bias(user, liked) - dot_with_bias(user, other);
    let push = 1.0 / (1.0 + lead.exp());
    for ((user, liked), other) in user.iter_mut().zip(liked.iter_mut()).zip(other.iter_mut()) {
        let (u, i, j) = (*user, *liked, *other);
        *user += rate * (push * (i - j) - ridge * u);
        *liked += rate * (push * u - ridge * i);
        *other += rate * (-push * u - ridge * j);
    }
    let bias = stride - 1;
    liked[bias] += rate * (push - ridge * liked[bias]);
    other[bias] += rate * (-push - ridge * other[bias]);
}

/// Mutable references to two rows of a table; `None` if they are the same row.
fn two_rows(table: &mut [f32], stride: usize, first: usize, second: usize) -> Option<(&mut [f32], &mut [f32])> {
    let split = first.max(second) * stride;
    let (below, above) = table.split_at_mut(split);
    let above = &mut above[..stride];
    match first.cmp(&second) {
        std::cmp::Ordering::Less => Some((&mut below[first * stride..(first + 1) * stride], above)),
        std::cmp::Ordering::Greater => Some((above, &mut below[second * stride..(second + 1) * stride])),
        std::cmp::Ordering::Equal => None,
    }
}

fn dot_with_bias(user: &[f32], item: &[f32]) -> f32 {
    // Eight independent accumulators.
    let mut sums = [0.0_f32; 8];
    let (pairs, rest) = user.as_chunks::<8>();
    for (at, values) in pairs.iter().enumerate() {
        for lane in 0..8 {
            sums[lane] += values[lane] * item[at * 8 + lane];
        }
    }
    let rest: f32 = rest.iter().zip(&item[pairs.len() * 8..]).map(|(a, b)| a * b).sum();
    item[user.len()] + rest + sums.iter().sum::<f32>()
}

/// Uniform numbers around zero, for vectors of expected length 0.1.
fn small_numbers(n: usize, factors: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let bound = 0.1 * (3.0 / factors as f32).sqrt();
    (0..n).map(|_| bound * (2.0 * rng.r#gen::<f32>() - 1.0)).collect()
}

impl Bpr {
    /// The vector of the member in row `user` at fit time.
    #[must_use]
    pub fn user_factors(&self, user: usize) -> &[f32] {
        &self.users[user * self.params.factors..(user + 1) * self.params.factors]
    }

    /// The vector of an item, without its bias.
    #[must_use]
    pub fn item_factors(&self, item: usize) -> &[f32] {
        &self.items[item * (self.params.factors + 1)..][..self.params.factors]
    }

    fn vector(&self, user: Option<usize>, history: Row<'_>) -> Cow<'_, [f32]> {
        match user.filter(|&user| self.rows_seen.get(user) == Some(&fingerprint(history))) {
            Some(user) => Cow::Borrowed(self.user_factors(user)),
            None => Cow::Owned(self.fold_in(history)),
        }
    }

    /// Fits a vector for this history by gradient steps with the item vectors fixed.
    ///
    /// The result depends on the history and the seed of the fit alone.
    #[must_use]
    pub fn fold_in(&self, history: Row<'_>) -> Vec<f32> {
        let stride = self.params.factors + 1;
        let mut vector = vec![0.0; self.params.factors];
        let mean_weight = history.weights.iter().sum::<f32>() / history.len().max(1) as f32;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        for pass in 0..FOLD_IN_PASSES {
            let rate = self.params.rate(pass, FOLD_IN_PASSES);
            for (liked, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
                let other = rng.gen_range(0..self.n_items());
                if weight <= 0.0 || history.contains(other as u32) {
                    continue;
                }
                let (liked, other) = (&self.items[liked * stride..][..stride], &self.items[other * stride..][..stride]);
                let push = 1.0 / (1.0 + (dot_with_bias(&vector, liked) - dot_with_bias(&vector, other)).exp());
                // Training draws heavier entries more often. Here each entry is drawn once a pass and takes a larger
                // step.
                let push = push * weight / mean_weight;
                for (at, value) in vector.iter_mut().enumerate() {
                    *value += rate * (push * (liked[at] - other[at]) - self.params.regularisation * *value);
                }
            }
        }
        vector
    }
}

impl Recommender for Bpr {
    fn n_items(&self) -> usize {
        self.items.len() / (self.params.factors + 1)
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let vector = self.vector(user, history);
        for (item, score) in self.items.chunks_exact(self.params.factors + 1).zip(scores) {
            *score = dot_with_bias(&vector, item);
        }
    }

    fn inner_product_model(&self) -> Option<&dyn InnerProductModel> {
        Some(self)
    }

    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        let stride = self.params.factors + 1;
        let mut block = Vec::with_capacity(users.len() * stride);
        for (&user, &history) in users.iter().zip(histories) {
            block.extend_from_slice(&self.vector(Some(user), history));
            block.push(1.0);
        }
        let block = MatRef::from_row_major_slice(&block, users.len(), stride);
        let items = MatRef::from_row_major_slice(&self.items, self.n_items(), stride);
        let scores = MatMut::from_row_major_slice_mut(scores, users.len(), self.n_items());
        matmul(scores, Accum::Replace, block, items.transpose(), 1.0, Par::Seq);
    }
}

impl InnerProductModel for Bpr {
    fn width(&self) -> usize {
        self.params.factors + 1
    }

    /// The last element is the item's bias, which is multiplied by 1 in the member's vector.
    fn item_vector(&self, item: usize) -> &[f32] {
        &self.items[item * self.width()..][..self.width()]
    }

    fn write_user_vector(&self, user: Option<usize>, history: Row<'_>, vector: &mut [f32]) {
        vector[..self.params.factors].copy_from_slice(&self.vector(user, history));
        vector[self.params.factors] = 1.0;
    }
}
