//! Decompositions of dense matrices on one thread. With several threads, rounding would depend on their number.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::traits::ComplexField;
use faer::{Conj, Mat, MatRef, Par};

use crate::ModelError;

/// Eigenvalues in ascending order, and eigenvectors in columns, of a symmetric matrix. Only the lower triangle is read.
///
/// # Errors
/// [`ModelError::Diverged`] with the name of `model` if the iteration does not converge.
pub(crate) fn eigen<T: ComplexField>(
    symmetric: MatRef<'_, T>,
    model: &'static str,
) -> Result<(Diag<T>, Mat<T>), ModelError> {
    let n = symmetric.nrows();
    let (mut values, mut vectors) = (Diag::zeros(n), Mat::zeros(n, n));
    let scratch = self_adjoint_evd_scratch::<T>(n, ComputeEigenvectors::Yes, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(symmetric, values.as_mut(), Some(vectors.as_mut()), Par::Seq, stack, Default::default())
        .map_err(|_| ModelError::Diverged(model))?;
    Ok((values, vectors))
}

/// The QR decomposition of a tall matrix.
pub(crate) fn orthonormal(mut tall: Mat<f32>) -> (Mat<f32>, Mat<f32>) {
    let (m, n) = tall.shape();
    let block = recommended_block_size::<f32>(m, n);
    let mut coefficients = Mat::zeros(block, m.min(n));
    let scratch = qr_in_place_scratch::<f32>(m, n, block, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    qr_in_place(tall.as_mut(), coefficients.as_mut(), Par::Seq, stack, Default::default());
    let coupling = Mat::from_fn(m.min(n), n, |row, column| if row <= column { tall[(row, column)] } else { 0.0 });
    let mut columns = Mat::identity(m, m.min(n));
    let scratch = apply_block_householder_sequence_on_the_left_in_place_scratch::<f32>(m, block, m.min(n));
    let mut memory = MemBuffer::new(scratch);
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        tall.as_ref(),
        coefficients.as_ref(),
        Conj::No,
        columns.as_mut(),
        Par::Seq,
        MemStack::new(&mut memory),
    );
    (columns, coupling)
}
