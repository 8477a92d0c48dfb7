//! The leading singular vectors of a sparse matrix by block Lanczos iteration with full reorthogonalisation.
//!
//! # References
//! Golub and Underwood: *The block Lanczos method for computing eigenvalues*, Mathematical Software III, 1977; the
//! random start is that of Musco and Musco: *Randomized block Krylov methods*, NIPS 2015.

use faer::linalg::matmul::matmul;
use faer::prelude::*;
use faer::{Accum, get_global_parallelism};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::recommenders::decompositions::{eigen, orthonormal};
use crate::{ModelError, UserItems};

/// Leading singular values in descending order, and right singular vectors in columns (items × vectors).
#[derive(Debug, Clone)]
pub(crate) struct TruncatedSvd {
    pub(crate) values: Vec<f32>,
    pub(crate) right: Mat<f32>,
}

/// Columns of a block. Narrow blocks reach higher powers with the same basis; wide ones make matrix products more
/// efficient.
const WIDTH: usize = 16;
/// Residual of every requested pair, relative to the largest eigenvalue, at which the iteration stops.
const TOLERANCE: f32 = 2e-3;
/// Size of the basis above which it grows only by what the requested vectors need. The last of a thousand vectors need
/// not be exact.
const USUAL_MAX_COLUMNS: usize = 1280;
/// Blocks between two checks of the residuals, each of which solves a small eigenproblem.
const BLOCKS_PER_CHECK: usize = 8;

/// The `n_vectors` leading right singular vectors of `matrix`, fewer if its rank is lower.
///
/// # Errors
/// [`ModelError::Diverged`] if the small eigenproblem has no finite solution.
pub(crate) fn truncated_svd(matrix: &UserItems, n_vectors: usize, seed: u64) -> Result<TruncatedSvd, ModelError> {
    let transposed = matrix.transpose();
    let wide = matrix.n_rows() <= matrix.n_columns();
    let (short, long) = if wide { (matrix, &transposed) } else { (&transposed, matrix) };
    let max_basis = max_columns(n_vectors);
    let pairs = if n_vectors == 0 {
        EigenPairs { squares: Vec::new(), vectors: Mat::zeros(short.n_rows(), 0) }
    } else if max_basis >= short.n_rows() {
        dense(short, long)?.leading(n_vectors)
    } else {
        lanczos(short, long, n_vectors, max_basis, seed)?
    };
    let largest = pairs.squares.first().copied().unwrap_or(0.0);
    // In single precision, squared values below this share of the largest are rounding errors.
    let kept = pairs.squares.iter().take_while(|&&square| square > largest * 1e-6).count();
    let values: Vec<f32> = pairs.squares[..kept].iter().map(|square| square.sqrt()).collect();
    let left = pairs.vectors.subcols(0, kept);
    let right = if wide { scaled(multiply(long, left), &values) } else { left.to_owned() };
    Ok(TruncatedSvd { values, right })
}

/// Size of the basis for this number of vectors.
fn max_columns(n_vectors: usize) -> usize {
    n_vectors + (5 * n_vectors).clamp(4 * WIDTH, USUAL_MAX_COLUMNS.saturating_sub(n_vectors).max(16 * WIDTH))
}

/// Memory of the dense matrices of [`truncated_svd`] in megabytes: the basis, its square, and the vectors of both
/// sides.
pub(crate) fn megabytes(matrix: &UserItems, n_vectors: usize) -> usize {
    let short = matrix.n_rows().min(matrix.n_columns());
    let columns = max_columns(n_vectors).min(short);
    let (found, sides) = (n_vectors.min(short), matrix.n_columns() + short);
    let numbers = columns.saturating_mul(short + 3 * columns).saturating_add(found.saturating_mul(sides));
    numbers.saturating_mul(size_of::<f32>()).div_ceil(1 << 20)
}

/// Eigenvalues of `AAᵀ` in descending order, and eigenvectors in columns.
struct EigenPairs {
    squares: Vec<f32>,
    vectors: Mat<f32>,
}

impl EigenPairs {
    fn of(symmetric: MatRef<'_, f32>) -> Result<Self, ModelError> {
        let (values, vectors) = eigen(symmetric, "gf_cf")?;
        let squares: Vec<f32> = values.column_vector().iter().rev().copied().collect();
        if squares.iter().any(|square| !square.is_finite()) {
            return Err(ModelError::Diverged("gf_cf"));
        }
        Ok(Self { squares, vectors: vectors.reverse_cols().to_owned() })
    }

    fn leading(mut self, count: usize) -> Self {
        self.squares.truncate(count);
        let vectors = self.vectors.subcols(0, self.squares.len()).to_owned();
        Self { vectors, ..self }
    }
}

fn dense(short: &UserItems, long: &UserItems) -> Result<EigenPairs, ModelError> {
    let product = multiply(long, Mat::<f32>::identity(short.n_rows(), short.n_rows()).as_ref());
    EigenPairs::of(multiply(short, product.as_ref()).as_ref())
}

/// Extends an orthonormal basis Q of the powers of `AAᵀ` (A = `short`) until the eigenpairs of `QᵀAAᵀQ` have converged
/// or the basis has `max_basis` columns.
fn lanczos(
    short: &UserItems,
    long: &UserItems,
    n_vectors: usize,
    max_basis: usize,
    seed: u64,
) -> Result<EigenPairs, ModelError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let parallelism = get_global_parallelism();
    let start = Mat::<f32>::from_fn(short.n_rows(), WIDTH, |_, _| rng.gen_range(-1.0..1.0));
    let (mut block, _) = orthonormal(start);
    let mut basis = Mat::<f32>::zeros(short.n_rows(), max_basis.next_multiple_of(WIDTH));
    let mut projected = Mat::<f32>::zeros(basis.ncols(), basis.ncols());
    let mut done = 0;
    loop {
        basis.subcols_mut(done, WIDTH).copy_from(&block);
        done += WIDTH;
        block = multiply(short, multiply(long, block.as_ref()).as_ref());
        let mut coupling = Mat::<f32>::identity(WIDTH, WIDTH);
        // Two passes: the first may leave a block that is mostly rounding error, which the second makes orthogonal.
        for pass in 0..2 {
            let earlier = basis.subcols(0, done);
            let overlap = earlier.transpose() * &block;
            matmul(block.as_mut(), Accum::Add, earlier, overlap.as_ref(), -1.0, parallelism);
            if pass == 0 {
                projected.submatrix_mut(0, done - WIDTH, done, WIDTH).copy_from(&overlap);
            }
            let (columns, within) = orthonormal(block);
            (block, coupling) = (columns, within * coupling);
        }
        let last = done >= basis.ncols();
        if last || (done >= (3 * n_vectors).max(768) && (done / WIDTH).is_multiple_of(BLOCKS_PER_CHECK)) {
            let small = projected.submatrix(0, 0, done, done);
            // The upper triangle contains the overlaps; the solver reads the lower one.
            let pairs = EigenPairs::of(small.transpose())?.leading(n_vectors);
            let residuals = coupling * pairs.vectors.subrows(done - WIDTH, WIDTH);
            let worst = residuals.col_iter().map(|residual| residual.norm_l2()).fold(0.0, f32::max);
            if last || worst <= TOLERANCE * pairs.squares.first().copied().unwrap_or(0.0) {
                return Ok(EigenPairs { vectors: basis.subcols(0, done) * pairs.vectors, squares: pairs.squares });
            }
        }
    }
}

/// Divides the columns by `values`.
fn scaled(mut columns: Mat<f32>, values: &[f32]) -> Mat<f32> {
    columns.par_col_iter_mut().zip(values).for_each(|(column, value)| {
        column.iter_mut().for_each(|entry| *entry /= value);
    });
    columns
}

/// Computes `sparse · dense` in slices of columns that fit in cache.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanczos_agrees_with_the_dense_solver() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let entries = (0..9000).map(|_| {
            let column = rng.gen_range(0..700);
            (rng.gen_range(0..500), column, rng.gen_range(0.5..1.0) * 0.97_f32.powi(column as i32))
        });
        let matrix = UserItems::from_triplets(500, 700, entries).expect("entries within the shape");
        let transposed = matrix.transpose();
        let exact = dense(&matrix, &transposed).expect("a dense truncated_svd");
        let found = lanczos(&matrix, &transposed, 24, 24 + 120, 3).expect("a truncated_svd");
        for at in 0..24 {
            assert!((found.squares[at] - exact.squares[at]).abs() < 1e-3 * exact.squares[0], "value {at}");
        }
        let overlap = found.vectors.transpose() * exact.vectors.subcols(0, 24);
        // The spans agree except in the last dimensions, whose values are close to those left out.
        let kept: f32 = overlap.col_iter().take(16).map(|column| column.norm_l2()).fold(1.0, f32::min);
        assert!(kept > 0.99, "{kept}");
    }

    #[test]
    fn both_shapes_give_right_vectors_that_diagonalise() {
        let entries = (0..60_u32).map(|n| (n * 7 % 20, n * 11 % 13, 1.0 + (n % 3) as f32));
        let matrix = UserItems::from_triplets(20, 13, entries).expect("entries within the shape");
        for matrix in [matrix.transpose(), matrix] {
            let TruncatedSvd { values, right } = truncated_svd(&matrix, 4, 1).expect("a truncated_svd");
            let image = multiply(&matrix, right.as_ref());
            for (at, value) in values.iter().enumerate() {
                assert!((image.col(at).norm_l2() - value).abs() < 1e-3 * values[0]);
            }
        }
    }
}
