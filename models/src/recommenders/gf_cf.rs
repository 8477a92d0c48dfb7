//! Graph filtering: a linear filter of the item graph plus an ideal low-pass filter.
//!
//! # References
//! Shen et al.: *How powerful is graph convolution for recommendation?*, CIKM 2021 (GF-CF).

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::prelude::*;
use faer::{Accum, Par};
use serde::{Deserialize, Serialize};

use crate::bounds::within;
use crate::recommenders::graph::{Graph, SingularVectors};
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`GfCf`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GfCfParams {
    /// Singular vectors of the low-pass filter; 0 uses the linear filter only.
    pub vectors: usize,
    /// Weight of the low-pass filter relative to the linear one.
    pub alpha: f64,
    /// Exponent p of the filter's response s^p to a singular value s: 0 is the hard cut-off of the paper, 1 attenuates
    /// high frequencies.
    pub softness: f64,
    /// Exponent of an item's degree, by which its final score is multiplied.
    pub degree_exponent: f64,
    /// Memory limit of the dense matrices of the decomposition, in megabytes. They have as many rows as the shorter
    /// side of the matrix.
    pub memory_mb: usize,
}

impl Default for GfCfParams {
    fn default() -> Self {
        Self { vectors: 256, alpha: 0.3, softness: 0.0, degree_exponent: 0.0, memory_mb: 4096 }
    }
}

impl GfCfParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("gf_cf.vectors", self.vectors as f64, 0.0..=8192.0)?;
        within("gf_cf.alpha", self.alpha, 0.0..=1e3)?;
        within("gf_cf.softness", self.softness, 0.0..=8.0)?;
        within("gf_cf.degree_exponent", self.degree_exponent, -2.0..=2.0)?;
        within("gf_cf.memory_mb", self.memory_mb as f64, 1.0..=1e9)
    }

    /// Normalises the matrix by both degrees and computes its leading singular vectors.
    ///
    /// # Errors
    /// As [`check`](Self::check), [`ModelError::TooLarge`] if the decomposition needs more than `memory_mb`, and
    /// [`ModelError::Diverged`] if its result is not finite.
    pub fn fit(&self, interactions: &UserItems, seed: u64) -> Result<GfCf, ModelError> {
        self.check()?;
        self.fit_on(&Arc::new(Graph::new(interactions, seed, 0)))
    }

    /// Fits on a graph that several filters share.
    pub(crate) fn fit_on(&self, graph: &Arc<Graph>) -> Result<GfCf, ModelError> {
        self.check()?;
        let singular = graph.singular_vectors(self.vectors, self.memory_mb)?;
        let leading = singular.values.iter().take(self.vectors);
        let power = |degree: f32| if degree > 0.0 { degree.powf(self.degree_exponent as f32) } else { 0.0 };
        Ok(GfCf {
            response: leading.map(|value| (self.alpha * f64::from(*value).powf(self.softness)) as f32).collect(),
            item_scale: (self.degree_exponent != 0.0).then(|| graph.degrees.iter().copied().map(power).collect()),
            singular,
            graph: Arc::clone(graph),
        })
    }
}

/// The normalised graph and its leading singular vectors.
#[derive(Debug)]
pub struct GfCf {
    graph: Arc<Graph>,
    singular: Arc<SingularVectors>,
    /// The filter's response for each singular vector.
    response: Vec<f32>,
    /// Factor of each item's final score, if any.
    item_scale: Option<Vec<f32>>,
}

impl GfCf {
    /// Projects the history onto the low-pass filter, one number for each singular vector.
    fn project(&self, history: Row<'_>, into: &mut [f32]) {
        into.fill(0.0);
        let stride = self.singular.values.len();
        for (item, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
            let degree = self.graph.degrees[item];
            if degree > 0.0 {
                let vector = &self.singular.vectors[item * stride..(item + 1) * stride];
                into.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight / degree * value);
            }
        }
        into.iter_mut().zip(&self.response).for_each(|(sum, response)| *sum *= response);
    }
}

impl Recommender for GfCf {
    fn n_items(&self) -> usize {
        self.graph.degrees.len()
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let user = user.unwrap_or(0);
        self.score_block(&[user], &[history], scores);
    }

    fn explain(&self, _user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        let item_scale = self.item_scale.as_ref().map_or(1.0, |item_scale| item_scale[item]);
        let stride = self.singular.values.len();
        let target = &self.singular.vectors[item * stride..(item + 1) * stride];
        let mut projection = vec![0.0; self.response.len()];
        let known = history.iter().filter(|&(seen, _)| seen < self.n_items());
        let contributions = known.map(|(seen, weight)| {
            self.project(Row { columns: &[seen as u32], weights: &[weight] }, &mut projection);
            let smooth: f32 = projection.iter().zip(target).map(|(left, right)| left * right).sum();
            (seen as u32, item_scale * (smooth + weight * self.graph.linear.weight(seen, item)))
        });
        Some(contributions.collect())
    }

    fn score_block(&self, _users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        let (n_items, n_vectors) = (self.n_items(), self.response.len());
        if n_vectors == 0 {
            scores.fill(0.0);
        } else {
            let mut projections = vec![0.0; histories.len() * n_vectors];
            for (&history, projection) in histories.iter().zip(projections.chunks_exact_mut(n_vectors)) {
                self.project(history, projection);
            }
            matmul(
                MatMut::from_row_major_slice_mut(scores, histories.len(), n_items),
                Accum::Replace,
                MatRef::from_row_major_slice(&projections, histories.len(), n_vectors),
                MatRef::from_row_major_slice(&self.singular.vectors, n_items, self.singular.values.len())
                    .subcols(0, n_vectors)
                    .transpose(),
                1.0,
                Par::Seq,
            );
        }
        for (&history, row) in histories.iter().zip(scores.chunks_exact_mut(n_items)) {
            self.graph.linear.add(history, row);
            if let Some(item_scale) = &self.item_scale {
                row.iter_mut().zip(item_scale).for_each(|(score, factor)| *score *= factor);
            }
        }
    }
}
