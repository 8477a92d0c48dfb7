//! A dense matrix with one vector in each row, padded to whole SIMD registers.

use faer::linalg::matmul::{
    matmul,
    triangular::{self, BlockStructure},
};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::recommenders::decompositions::eigen;

/// Rows are padded with zeros to a multiple of this: the widest register in `f32`s.
pub(super) const LANES: usize = 16;

/// Rows of a Gramian's single-precision block. Blocks are summed in double precision.
const GRAM_BLOCK: usize = 512;

/// A dense matrix of vectors. Columns from `width` to `stride` are zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Factors {
    width: usize,
    stride: usize,
    values: Vec<f32>,
}

impl Factors {
    pub(super) fn zeros(rows: usize, width: usize) -> Self {
        let stride = width.next_multiple_of(LANES);
        Self { width, stride, values: vec![0.0; rows * stride] }
    }

    /// Independent uniform values around zero, such that a row's expected squared length is `scale²`.
    pub(super) fn random(rows: usize, width: usize, scale: f32, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let bound = scale * (3.0 / width as f32).sqrt();
        let mut factors = Self::zeros(rows, width);
        for row in factors.values.chunks_exact_mut(factors.stride) {
            row[..width].fill_with(|| bound * (2.0 * rng.r#gen::<f32>() - 1.0));
        }
        factors
    }

    /// Copies vectors from `values`, which has `width` numbers for each row without padding.
    pub(super) fn from_dense(values: &[f32], width: usize) -> Self {
        let mut factors = Self::zeros(values.len() / width, width);
        for (row, dense) in values.chunks_exact(width).enumerate() {
            factors.padded_row_mut(row)[..width].copy_from_slice(dense);
        }
        factors
    }

    pub(super) fn push(&mut self, row: &[f32]) {
        self.values.extend_from_slice(row);
        self.values.resize(self.values.len().next_multiple_of(self.stride), 0.0);
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn rows(&self) -> usize {
        self.values.len() / self.stride
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.padded_row(row)[..self.width]
    }

    pub(super) fn padded_row(&self, row: usize) -> &[f32] {
        &self.values[row * self.stride..(row + 1) * self.stride]
    }

    pub(super) fn padded_row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[row * self.stride..(row + 1) * self.stride]
    }

    pub(super) fn rows_mut(&mut self) -> rayon::slice::ChunksExactMut<'_, f32> {
        self.values.par_chunks_exact_mut(self.stride)
    }

    pub(super) fn as_mat(&self) -> MatRef<'_, f32> {
        MatRef::from_row_major_slice(&self.values, self.rows(), self.stride)
    }

    pub(super) fn all_finite(&self) -> bool {
        self.values.iter().all(|value| value.is_finite())
    }

    /// Rotates all vectors so that their Gramian is diagonal. Returns the diagonal (length `stride`, ascending) and the
    /// rotation.
    pub(super) fn rotate_to_principal_axes(&mut self) -> Result<(Vec<f32>, Mat<f32>), ModelError> {
        let (values, vectors) = eigen(self.gram().as_ref(), "iALS")?;
        let axes = Mat::from_fn(self.width, self.width, |row, column| vectors[(row, column)] as f32);
        self.rotate(&axes, self.rows());
        let mut gram = vec![0.0; self.stride];
        for (axis, value) in gram[..self.width].iter_mut().enumerate() {
            *value = values.column_vector()[axis].max(0.0) as f32;
        }
        Ok((gram, axes))
    }

    /// Multiplies the first `count` vectors by `axes`.
    pub(super) fn rotate(&mut self, axes: &Mat<f32>, count: usize) {
        let (width, stride) = (self.width, self.stride);
        let rotated = &mut self.values[..count * stride];
        rotated.par_chunks_mut(stride * GRAM_BLOCK).for_each_init(Vec::new, |before, block| {
            before.clear();
            before.extend_from_slice(block);
            let rows = block.len() / stride;
            let before = MatRef::from_row_major_slice(before, rows, stride).subcols(0, width);
            let after = MatMut::from_row_major_slice_mut(block, rows, stride).subcols_mut(0, width);
            matmul(after, Accum::Replace, before, axes, 1.0, Par::Seq);
        });
    }

    /// The lower triangle of the Gramian, summed in an order that does not depend on the number of threads.
    fn gram(&self) -> Mat<f64> {
        let part = self.rows().div_ceil(64).max(GRAM_BLOCK);
        let parts: Vec<Mat<f64>> = self.values.par_chunks(self.stride * part).map(|rows| self.gram_of(rows)).collect();
        parts.into_iter().fold(Mat::zeros(self.width, self.width), |sum, part| sum + part)
    }

    fn gram_of(&self, rows: &[f32]) -> Mat<f64> {
        let mut sum = Mat::<f64>::zeros(self.width, self.width);
        let mut product = Mat::<f32>::zeros(self.width, self.width);
        for block in rows.chunks(self.stride * GRAM_BLOCK) {
            let block = MatRef::from_row_major_slice(block, block.len() / self.stride, self.stride);
            let block = block.subcols(0, self.width);
            triangular::matmul(
                &mut product,
                BlockStructure::TriangularLower,
                Accum::Replace,
                block.transpose(),
                BlockStructure::Rectangular,
                block,
                BlockStructure::Rectangular,
                1.0,
                Par::Seq,
            );
            for (sums, products) in sum.col_iter_mut().zip(product.col_iter()) {
                sums.iter_mut().zip(products.iter()).for_each(|(sum, product)| *sum += f64::from(*product));
            }
        }
        sum
    }

    /// Moves vector `n` to row `places[n]`.
    pub(super) fn scattered(&self, places: &[u32]) -> Self {
        let mut moved = Self { values: vec![0.0; self.values.len()], ..*self };
        for (row, &place) in places.iter().enumerate() {
            moved.padded_row_mut(place as usize).copy_from_slice(self.padded_row(row));
        }
        moved
    }
}
