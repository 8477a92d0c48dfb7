//! Solves symmetric positive definite systems in registers: Cholesky factorisation and substitution, four pivots at a
//! time.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters are not always inlined into code for wider registers, which costs more than the kernel"
)]

use pulp::Simd;

use super::kernels::{TILE, add_scaled, register_row};

/// Replaces `target` by the solution x of `system · x = target` for the first `n` unknowns.
///
/// Reads the upper triangle of the system, with rows of length `stride`, and overwrites it with U, where `UᵀU` is the
/// system. `pivots` receives the inverse of U's diagonal.
#[inline(always)]
pub(super) fn solve<S: Simd>(
    simd: S,
    system: &mut [f32],
    n: usize,
    stride: usize,
    pivots: &mut Vec<f32>,
    target: &mut [f32],
) {
    pivots.clear();
    pivots.resize(n, 0.0);
    let mut top = 0;
    while top < n {
        let end = (top + TILE).min(n);
        let (done, below) = system.split_at_mut(end * stride);
        let panel = &mut done[top * stride..];
        finish_panel(simd, panel, stride, top, &mut pivots[top..end]);
        for pivot in top..end {
            let mut value = target[pivot];
            for row in top..pivot {
                value -= panel[(row - top) * stride + pivot] * target[row];
            }
            target[pivot] = value * pivots[pivot];
        }
        if end - top == TILE {
            for row in end..n {
                let amounts = [panel[row], panel[stride + row], panel[2 * stride + row], panel[3 * stride + row]];
                let start = (row - end) * stride;
                subtract_panel(simd, panel, stride, amounts, row, &mut below[start..start + stride]);
            }
            let amounts = [target[top], target[top + 1], target[top + 2], target[top + 3]];
            subtract_panel(simd, panel, stride, amounts, top, target);
            target[top..end].copy_from_slice(&amounts);
        }
        top = end;
    }
    substitute_back(simd, system, stride, pivots, target);
}

/// Computes up to four rows of U, the first with its diagonal at column `top`. Clears the elements left of the diagonal
/// in the register that contains `top`.
#[inline(always)]
fn finish_panel<S: Simd>(simd: S, panel: &mut [f32], stride: usize, top: usize, pivots: &mut [f32]) {
    for at in 0..pivots.len() {
        let pivot = top + at;
        let (above, rest) = panel.split_at_mut((at + 1) * stride);
        let row = &mut above[at * stride..];
        let scale = 1.0 / row[pivot].max(f32::MIN_POSITIVE).sqrt();
        pivots[at] = scale;
        let from = top / S::F32_LANES * S::F32_LANES;
        for column in from..pivot {
            row[column] = 0.0;
        }
        scale_row(simd, scale, &mut row[from..]);
        for next in at + 1..pivots.len() {
            let start = (next - at - 1) * stride;
            add_scaled(simd, -row[top + next], &row[from..], &mut rest[start + from..start + stride]);
        }
    }
}

#[inline(always)]
fn scale_row<S: Simd>(simd: S, amount: f32, row: &mut [f32]) {
    let amount = simd.splat_f32s(amount);
    let row = S::as_mut_simd_f32s(row).0;
    for at in 0..row.len() {
        row[at] = simd.mul_f32s(amount, row[at]);
    }
}

/// Computes `out −= Σ amount · panel row` over the four rows, from the register that contains `column`.
#[inline(always)]
fn subtract_panel<S: Simd>(
    simd: S,
    panel: &[f32],
    stride: usize,
    amounts: [f32; TILE],
    column: usize,
    out: &mut [f32],
) {
    let from = column / S::F32_LANES;
    let out = &mut S::as_mut_simd_f32s(out).0[from..];
    let n = out.len();
    let a = &register_row::<S>(panel, stride, 0)[from..][..n];
    let b = &register_row::<S>(panel, stride, 1)[from..][..n];
    let c = &register_row::<S>(panel, stride, 2)[from..][..n];
    let d = &register_row::<S>(panel, stride, 3)[from..][..n];
    let (by_a, by_b) = (simd.splat_f32s(-amounts[0]), simd.splat_f32s(-amounts[1]));
    let (by_c, by_d) = (simd.splat_f32s(-amounts[2]), simd.splat_f32s(-amounts[3]));
    for at in 0..n {
        let first = simd.mul_add_f32s(by_b, b[at], simd.mul_add_f32s(by_a, a[at], out[at]));
        out[at] = simd.mul_add_f32s(by_d, d[at], simd.mul_add_f32s(by_c, c[at], first));
    }
}

/// Replaces `target` by x with `U·x = target`.
#[inline(always)]
fn substitute_back<S: Simd>(simd: S, factor: &[f32], stride: usize, pivots: &[f32], target: &mut [f32]) {
    let mut end = pivots.len();
    while end > 0 {
        let top = (end - 1) / TILE * TILE;
        let mut values = [0.0; TILE];
        for row in top..end {
            values[row - top] = target[row];
            target[row] = 0.0;
        }
        let from = top / S::F32_LANES;
        let known = &S::as_simd_f32s(target).0[from..];
        let mut sums = [simd.splat_f32s(0.0); TILE];
        for row in 0..end - top {
            let factor = &register_row::<S>(factor, stride, top + row)[from..][..known.len()];
            for at in 0..known.len() {
                sums[row] = simd.mul_add_f32s(factor[at], known[at], sums[row]);
            }
        }
        let mut row = end;
        while row > top {
            row -= 1;
            let mut value = values[row - top] - simd.reduce_sum_f32s(sums[row - top]);
            for column in row + 1..end {
                value -= factor[row * stride + column] * target[column];
            }
            target[row] = value * pivots[row];
        }
        end = top;
    }
}
