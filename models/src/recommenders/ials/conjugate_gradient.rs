//! One row's normal equations improved by a few conjugate-gradient steps from where the row stood a sweep ago.
//!
//! In the whitened unknown `v = D^½ x` the equations are `(I + ZᵀZ) v = Zᵀt`: the shared part, which is what makes them
//! badly conditioned, is already inverted, so two steps from the last sweep's vector lose nothing that the next sweep
//! would have kept (Takács, Pilászy and Tikk: *Applications of the conjugate gradient method for implicit feedback
//! collaborative filtering*, fifth ACM conference on recommender systems, 2011, without the preconditioner).

use pulp::Simd;

use super::kernels;

/// Steps a row and sweep.
const STEPS: usize = 2;
/// Share of the first residual's squared length below which a row has arrived.
const CONVERGED: f32 = 1e-10;

/// Moves `solution` (v, whitened) towards the solution; `design` is Z, one row an entry, `target` is t. The rows are a
/// multiple of [`TILE`](kernels::TILE), those beyond the entries zero, all padded to the length of `solution`; `scratch` is a
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
        // At least the squared length of the direction, because no eigenvalue is below 1.
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
