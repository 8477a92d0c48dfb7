//! EASE, a linear autoencoder in closed form: predicts each item from all others by a ridge-regularised inverse.
//!
//! # References
//! Steck: *Embarrassingly shallow autoencoders for sparse data*, WWW 2019.
//!
//! The inverse is dense. If it exceeds the memory limit, only the items with the most members are modelled. Their
//! weights are those of the full model if the other items have no members, and close to them if they have few.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::prelude::*;
use faer::{Accum, get_global_parallelism};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bounds::within;
use crate::recommenders::sparse_product::product_rows;
use crate::{ModelError, Recommender, Row, UserItems};

/// Two dense matrices in single precision.
const BYTES_A_PAIR: usize = 8;

/// Parameters of [`Ease`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EaseParams {
    /// Ridge added to the diagonal of the Gram matrix.
    pub l2: f64,
    /// Number of items, those with the most members, that are modelled and recommended. 0 models as many as `memory_mb`
    /// allows.
    pub items: usize,
    /// Memory limit of the two dense matrices of the fit, in megabytes.
    pub memory_mb: usize,
}

impl Default for EaseParams {
    fn default() -> Self {
        Self { l2: 100.0, items: 0, memory_mb: 4096 }
    }
}

impl EaseParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("ease.l2", self.l2, 1e-6..=1e9)?;
        within("ease.items", self.items as f64, 0.0..=1e9)?;
        within("ease.memory_mb", self.memory_mb as f64, 1.0..=1e9)
    }

    /// Inverts the ridge-regularised Gram matrix of the items.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`ModelError::TooLarge`] if `items` need more than `memory_mb`;
    /// [`ModelError::Diverged`] if the matrix is not positive definite in single precision.
    pub fn fit(&self, interactions: &UserItems) -> Result<Ease, ModelError> {
        self.check()?;
        let modelled = self.choose_items(interactions)?;
        let n = modelled.len();
        let mut place = vec![None; interactions.n_columns()];
        modelled.iter().enumerate().for_each(|(at, &item)| place[item as usize] = Some(at));
        let mut weights = inverse(self.gram(interactions, &place, n))?;
        let diagonal: Vec<f32> = (0..n).map(|at| weights[(at, at)]).collect();
        weights.par_col_iter_mut().enumerate().for_each(|(source, mut column)| {
            for (target, pivot) in diagonal.iter().enumerate() {
                column[target] = if source == target { 0.0 } else { -column[target] / pivot };
            }
        });
        Ok(Ease { weights, modelled, place })
    }

    /// The modelled items in ascending order.
    fn choose_items(&self, interactions: &UserItems) -> Result<Vec<u32>, ModelError> {
        let n_items = interactions.n_columns();
        let max_items = (self.memory_mb.saturating_mul(1 << 20) / BYTES_A_PAIR).isqrt();
        let n_modelled = if self.items == 0 { max_items } else { self.items }.min(n_items);
        if n_modelled > max_items {
            return Err(ModelError::TooLarge {
                what: format!("ease over {n_modelled} items"),
                needed_mb: (n_modelled * n_modelled * BYTES_A_PAIR).div_ceil(1 << 20),
                allowed_mb: self.memory_mb,
                remedy: format!(
                    "set ease.items to at most {max_items} (0 chooses automatically), or raise ease.memory_mb"
                ),
            });
        }
        let counts = interactions.column_counts();
        let mut items: Vec<u32> = (0..n_items as u32).collect();
        if n_modelled < n_items {
            items.sort_by_key(|&item| std::cmp::Reverse(counts[item as usize]));
            items.truncate(n_modelled);
            items.sort_unstable();
        }
        Ok(items)
    }

    fn gram(&self, interactions: &UserItems, place: &[Option<usize>], n: usize) -> Mat<f32> {
        let kept = interactions.filter(|_, item| place[item as usize].is_some());
        let overlaps = product_rows(&kept.transpose(), &kept, |item, entries| {
            entries.retain(|&(other, _)| other as usize >= item);
        });
        let mut gram = Mat::zeros(n, n);
        for (item, row) in overlaps.rows().enumerate() {
            for (other, overlap) in row.iter() {
                if let (Some(column), Some(row)) = (place[item], place[other]) {
                    gram[(row, column)] = overlap;
                }
            }
        }
        for at in 0..n {
            gram[(at, at)] += self.l2 as f32;
        }
        gram
    }
}

/// Inverts a symmetric positive definite matrix in place, given its lower triangle.
fn inverse(mut gram: Mat<f32>) -> Result<Mat<f32>, ModelError> {
    let parallelism = get_global_parallelism();
    let n = gram.nrows();
    factorise(&mut gram)?;
    let mut root = Mat::zeros(n, n);
    invert_lower_triangular(root.as_mut(), gram.as_ref(), parallelism);
    triangular::matmul(
        gram.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        root.transpose(),
        BlockStructure::TriangularUpper,
        root.as_ref(),
        BlockStructure::TriangularLower,
        1.0,
        parallelism,
    );
    drop(root);
    for column in 0..n {
        for row in column + 1..n {
            gram[(column, row)] = gram[(row, column)];
        }
    }
    let finite = (0..n).all(|at| gram[(at, at)].is_finite() && gram[(at, at)] > 0.0);
    if finite { Ok(gram) } else { Err(ModelError::Diverged("ease")) }
}

/// Cholesky factorisation in place, which avoids a third matrix.
fn factorise(gram: &mut Mat<f32>) -> Result<(), ModelError> {
    use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
    let parallelism = get_global_parallelism();
    let scratch = cholesky_in_place_scratch::<f32>(gram.nrows(), parallelism, Default::default());
    let mut memory = faer::dyn_stack::MemBuffer::new(scratch);
    let stack = faer::dyn_stack::MemStack::new(&mut memory);
    cholesky_in_place(gram.as_mut(), Default::default(), parallelism, stack, Default::default())
        .map(|_| ())
        .map_err(|_| ModelError::Diverged("ease"))
}

/// Dense weights between the modelled items. Other items get the lowest score of a modelled item.
#[derive(Debug, Clone)]
pub struct Ease {
    /// Target (row) × source (column), so that the weights of one source are contiguous.
    weights: Mat<f32>,
    modelled: Vec<u32>,
    place: Vec<Option<usize>>,
}

impl Recommender for Ease {
    fn n_items(&self) -> usize {
        self.place.len()
    }

    fn serves(&self, _user: Option<usize>, history: Row<'_>) -> bool {
        history.iter().any(|(item, _)| self.place.get(item).is_some_and(Option::is_some))
    }

    fn score_into(&self, _user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let mut sums = vec![0.0_f32; self.modelled.len()];
        for (item, weight) in history.iter() {
            if let Some(source) = self.place.get(item).copied().flatten() {
                let column = self.weights.col_as_slice(source);
                sums.iter_mut().zip(column).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        if self.modelled.len() == scores.len() {
            scores.copy_from_slice(&sums);
            return;
        }
        scores.fill(sums.iter().copied().fold(0.0, f32::min));
        for (&item, sum) in self.modelled.iter().zip(sums) {
            scores[item as usize] = sum;
        }
    }

    fn explain(&self, _user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        let target = self.place.get(item).copied().flatten()?;
        let known =
            history.iter().filter_map(|(seen, weight)| Some((seen, self.place.get(seen).copied().flatten()?, weight)));
        Some(known.map(|(seen, source, weight)| (seen as u32, weight * self.weights[(target, source)])).collect())
    }
}
