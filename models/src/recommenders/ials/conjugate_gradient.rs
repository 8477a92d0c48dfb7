//! Improves the solution of one row's normal equations by a few conjugate-gradient steps from the previous sweep's
//! solution.
//!
//! In the whitened unknown `v = D^½ x` the equations are `(I + ZᵀZ) v = Zᵀt`. The shared part, which makes them
//! ill-conditioned, is already inverted, so two steps from the last sweep's vector are as good as an exact solution
//! that the next sweep would change again (Takács, Pilászy and Tikk: *Applications of the conjugate gradient method for
//! implicit feedback collaborative filtering*, `RecSys` 2011, without the preconditioner).

use pulp::Simd;

use super::kernels;

/// Steps for each row and sweep.
const STEPS: usize = 2;
/// Squared residual, relative to the first one, below which a row has converged.
const CONVERGED: f32 = 1e-10;

/// Improves `solution` (v, whitened). `design` is Z with one row for each entry, and `target` is t. The number of rows
/// is a multiple of [`TILE`](kernels::TILE), padded with zeros, and each has the length of `solution`. `scratch` is a
/// buffer.
#[inline(always)]
pub(super) fn refine<S: Simd>(simd: S, design: &[f32], target: &[f32], solution: &mut [f32], scratch: &mut Vec<f32>) {
    let width = solution.len();
    kernels::reserve(scratch, 3 * width);
    let (residual, rest) = scratch.split_at_mut(width);
    let (direction, image) = rest.split_at_mut(width);
    for (value, known) in residual.iter_mut().zip(&*solution) {
        *value = -known;
    }
    kernels::add_weighted_rows(simd, design, solution, residual, |row, along| target[row] - along);
    direction.copy_from_slice(residual);
    let first = kernels::dot(simd, residual, residual);
    let mut length = first;
    for left in (0..STEPS).rev() {
        if length <= CONVERGED * first.max(f32::MIN_POSITIVE) {
            return;
        }
        image.copy_from_slice(direction);
        kernels::add_weighted_rows(simd, design, direction, image, |_, along| along);
        // The denominator is at least the squared length of the direction, because no eigenvalue is below 1.
        let step = length / kernels::dot(simd, direction, image);
        kernels::add_scaled(simd, step, direction, solution);
        if left == 0 {
            return;
        }
        kernels::add_scaled(simd, -step, image, residual);
        let shorter = kernels::dot(simd, residual, residual);
        kernels::update_direction(simd, residual, shorter / length, direction);
        length = shorter;
    }
}
