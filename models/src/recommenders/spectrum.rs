//! The leading singular vectors of a sparse matrix by a randomised block Krylov method.
//!
//! # References
//! Musco and Musco: *Randomized block Krylov methods for stronger and faster approximate singular value decomposition*,
//! NIPS 2015.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::prelude::*;
use faer::{Accum, Side, get_global_parallelism};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{ModelError, UserItems};

/// Leading singular values, largest first, and right singular vectors, one column each (items × vectors).
#[derive(Debug, Clone)]
pub(crate) struct Spectrum {
    pub(crate) values: Vec<f32>,
    pub(crate) right: Mat<f32>,
}

/// Blocks of the Krylov space: more give exacter vectors for the same size of basis, fewer give larger products.
const BLOCKS: usize = 8;

/// The `n_vectors` leading right singular vectors of `matrix`, fewer if its rank is lower.
///
/// # Errors
/// [`ModelError::Diverged`] if the small eigenproblem at the end has no finite solution.
pub(crate) fn spectrum(matrix: &UserItems, n_vectors: usize, seed: u64) -> Result<Spectrum, ModelError> {
    let transposed = matrix.transpose();
    let wide = matrix.n_rows() <= matrix.n_columns();
    let (short, long) = if wide { (matrix, &transposed) } else { (&transposed, matrix) };
    let side = short.n_rows();
    let n_basis = n_vectors + (n_vectors / 2).max(64);
    let basis = if n_basis >= side { Mat::identity(side, side) } else { krylov(short, long, n_basis, seed) };
    let image = multiply(long, basis.as_ref());
    let n_basis = basis.ncols();
    let mut gram = Mat::zeros(n_basis, n_basis);
    triangular::matmul(
        gram.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        image.transpose(),
        BlockStructure::Rectangular,
        image.as_ref(),
        BlockStructure::Rectangular,
        1.0,
        get_global_parallelism(),
    );
    let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|_| ModelError::Diverged("gf_cf"))?;
    let squares: Vec<f32> = eigen.S().column_vector().iter().copied().collect();
    let largest = squares.last().copied().unwrap_or(0.0);
    // Below this share of the largest, a squared value in single precision is rounding.
    let floor = largest * 1e-6;
    let kept: Vec<usize> = (0..n_basis).rev().filter(|&at| squares[at] > floor).take(n_vectors).collect();
    let values: Vec<f32> = kept.iter().map(|&at| squares[at].sqrt()).collect();
    let rotation =
        Mat::from_fn(n_basis, kept.len(), |row, at| eigen.U()[(row, kept[at])] / if wide { values[at] } else { 1.0 });
    let source = if wide { &image } else { &basis };
    Ok(Spectrum { values, right: source * rotation })
}

/// An orthonormal basis (rows of `short` × `n_basis`) of the span of `Ω`, `AAᵀΩ`, `(AAᵀ)²Ω`, … with A = `short`.
fn krylov(short: &UserItems, long: &UserItems, n_basis: usize, seed: u64) -> Mat<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let width = n_basis.div_ceil(BLOCKS);
    let mut basis = Mat::<f32>::zeros(short.n_rows(), n_basis);
    let mut block = Mat::from_fn(short.n_rows(), width, |_, _| rng.gen_range(-1.0..1.0));
    let mut done = 0;
    loop {
        let earlier = basis.subcols(0, done).to_owned();
        // Twice: the first pass may leave a block that is mostly rounding, and the second makes even that orthogonal.
        for _ in 0..2 {
            if done > 0 {
                let overlap = earlier.transpose() * &block;
                matmul(block.as_mut(), Accum::Add, earlier.as_ref(), overlap.as_ref(), -1.0, get_global_parallelism());
            }
            block = block.qr().compute_thin_Q();
        }
        let width = block.ncols().min(n_basis - done);
        basis.subcols_mut(done, width).copy_from(block.subcols(0, width));
        done += width;
        if done == n_basis {
            return basis;
        }
        block = multiply(short, multiply(long, block.as_ref()).as_ref());
    }
}

/// `sparse · dense`, in slices of columns that stay in cache.
fn multiply(sparse: &UserItems, dense: MatRef<'_, f32>) -> Mat<f32> {
    const WIDTH: usize = 64;
    let mut product = Mat::zeros(sparse.n_rows(), dense.ncols());
    for from in (0..dense.ncols()).step_by(WIDTH) {
        let width = WIDTH.min(dense.ncols() - from);
        let slice = dense.subcols(from, width);
        let mut rows = vec![0.0; dense.nrows() * width];
        MatMut::from_row_major_slice_mut(&mut rows, dense.nrows(), width).copy_from(slice);
        let mut out = vec![0.0; sparse.n_rows() * width];
        out.par_chunks_mut(width).enumerate().for_each(|(row, sums)| {
            for (column, weight) in sparse.row(row).iter() {
                for (sum, value) in sums.iter_mut().zip(&rows[column * width..(column + 1) * width]) {
                    *sum += weight * value;
                }
            }
        });
        product.subcols_mut(from, width).copy_from(MatRef::from_row_major_slice(&out, sparse.n_rows(), width));
    }
    product
}
