//! Graph filtering: what neighbours of neighbours touched plus a smooth, low-frequency picture of the whole graph.
//!
//! # References
//! Shen et al.: *How powerful is graph convolution for recommendation?*, CIKM 2021 (GF-CF).

use faer::linalg::matmul::matmul;
use faer::prelude::*;
use faer::{Accum, Par};
use serde::{Deserialize, Serialize};

use crate::recommenders::bounds::within;
use crate::recommenders::linear_filter::LinearFilter;
use crate::recommenders::spectrum::{Spectrum, spectrum};
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`GfCf`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GfCfParams {
    /// Singular vectors of the low-pass filter; 0 leaves the linear filter alone.
    pub vectors: usize,
    /// Weight of the low-pass filter beside the linear one.
    pub alpha: f64,
    /// Exponent p of the filter's response s^p to a singular value s: 0 is the hard cut of the paper, 1 lets high
    /// frequencies fade.
    pub softness: f64,
    /// Exponent of an item's degree by which its score is multiplied at the end.
    pub degree_exponent: f64,
}

impl Default for GfCfParams {
    fn default() -> Self {
        Self { vectors: 256, alpha: 0.3, softness: 0.0, degree_exponent: 0.0 }
    }
}

impl GfCfParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] names the parameter outside its bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("gf_cf.vectors", self.vectors as f64, 0.0..=8192.0)?;
        within("gf_cf.alpha", self.alpha, 0.0..=1e3)?;
        within("gf_cf.softness", self.softness, 0.0..=8.0)?;
        within("gf_cf.degree_exponent", self.degree_exponent, -2.0..=2.0)
    }

    /// Normalises the matrix by both degrees and computes its leading singular vectors.
    ///
    /// # Errors
    /// As [`check`](Self::check), and [`ModelError::Diverged`] if the decomposition does not end in finite numbers.
    pub fn fit(&self, interactions: &UserItems, seed: u64) -> Result<GfCf, ModelError> {
        self.check()?;
        let (user_degrees, degrees) = (interactions.row_sums(), interactions.column_sums());
        let smooth = interactions.map_weights(|user, item, weight| {
            if weight > 0.0 { weight / (user_degrees[user].sqrt() * degrees[item].sqrt()) } else { 0.0 }
        });
        let Spectrum { values, right } = spectrum(&smooth, self.vectors, seed)?;
        let power = |degree: f32, exponent: f64| if degree > 0.0 { degree.powf(exponent as f32) } else { 0.0 };
        let outgoing: Vec<f32> = degrees.iter().map(|&degree| power(degree, 0.5 + self.degree_exponent)).collect();
        let n_vectors = values.len();
        let mut vectors = vec![0.0; degrees.len() * n_vectors];
        MatMut::from_row_major_slice_mut(&mut vectors, degrees.len(), n_vectors).copy_from(&right);
        if n_vectors > 0 {
            for (vector, factor) in vectors.chunks_exact_mut(n_vectors).zip(&outgoing) {
                vector.iter_mut().for_each(|value| *value *= factor);
            }
        }
        let scaled = smooth.map_weights(|_, item, weight| weight * power(degrees[item], self.degree_exponent));
        Ok(GfCf {
            incoming: degrees.iter().map(|&degree| power(degree, -1.0 - self.degree_exponent)).collect(),
            response: values.iter().map(|value| (self.alpha * f64::from(*value).powf(self.softness)) as f32).collect(),
            vectors,
            linear: LinearFilter::new(&smooth, scaled),
        })
    }
}

/// The normalised graph and its leading vectors.
#[derive(Debug)]
pub struct GfCf {
    /// Undoes, for an item of the history, the scale of its row of `vectors`, and divides by the root of its degree.
    incoming: Vec<f32>,
    response: Vec<f32>,
    /// Items × vectors, row by row, scaled for the recommended item.
    vectors: Vec<f32>,
    linear: LinearFilter,
}

impl GfCf {
    /// The history seen through the low-pass filter, one number a vector.
    fn project(&self, history: Row<'_>, into: &mut [f32]) {
        into.fill(0.0);
        let n_vectors = self.response.len();
        for (item, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
            let factor = weight * self.incoming[item];
            let vector = &self.vectors[item * n_vectors..(item + 1) * n_vectors];
            into.iter_mut().zip(vector).for_each(|(sum, value)| *sum += factor * value);
        }
        into.iter_mut().zip(&self.response).for_each(|(sum, response)| *sum *= response);
    }
}

impl Recommender for GfCf {
    fn n_items(&self) -> usize {
        self.incoming.len()
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let user = user.unwrap_or(0);
        self.score_block(&[user], &[history], scores);
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
                MatRef::from_row_major_slice(&self.vectors, n_items, n_vectors).transpose(),
                1.0,
                Par::Seq,
            );
        }
        for (&history, row) in histories.iter().zip(scores.chunks_exact_mut(n_items)) {
            self.linear.add(history, row);
        }
    }
}
