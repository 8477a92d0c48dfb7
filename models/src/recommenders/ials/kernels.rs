//! Small dense kernels in registers: scaling, dot products, symmetric products.
//!
//! All slices are padded to a multiple of [`LANES`], so no kernel has a ragged end. Only upper triangles are read.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters are not always inlined into code for wider registers, which costs more than the kernel"
)]

use pulp::Simd;

use super::factors::LANES;

/// Rows of a register tile.
pub(super) const TILE: usize = 4;

/// Row length of a system of `n` unknowns.
pub(super) fn side(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// Gives the buffer this length; what it holds is left over from before.
#[inline(always)]
pub(super) fn reserve(buffer: &mut Vec<f32>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    buffer.truncate(length);
}

/// `out = amount · left · right`, by element.
#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, amount: f32, left: &[f32], right: &[f32], out: &mut [f32]) {
    let amount = simd.splat_f32s(amount);
    let out = S::as_mut_simd_f32s(out).0;
    let (left, right) = (&S::as_simd_f32s(left).0[..out.len()], &S::as_simd_f32s(right).0[..out.len()]);
    for at in 0..out.len() {
        out[at] = simd.mul_f32s(simd.mul_f32s(amount, left[at]), right[at]);
    }
}

/// `out += amount · row`.
#[inline(always)]
pub(super) fn add_scaled<S: Simd>(simd: S, amount: f32, row: &[f32], out: &mut [f32]) {
    let amount = simd.splat_f32s(amount);
    let out = S::as_mut_simd_f32s(out).0;
    let row = &S::as_simd_f32s(row).0[..out.len()];
    for at in 0..out.len() {
        out[at] = simd.mul_add_f32s(amount, row[at], out[at]);
    }
}

/// Sum of products.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, left: &[f32], right: &[f32]) -> f32 {
    let left = S::as_simd_f32s(left).0;
    let right = &S::as_simd_f32s(right).0[..left.len()];
    let mut sums = [simd.splat_f32s(0.0); 2];
    let mut at = 0;
    while at + 1 < left.len() {
        sums[0] = simd.mul_add_f32s(left[at], right[at], sums[0]);
        sums[1] = simd.mul_add_f32s(left[at + 1], right[at + 1], sums[1]);
        at += 2;
    }
    if at < left.len() {
        sums[0] = simd.mul_add_f32s(left[at], right[at], sums[0]);
    }
    simd.reduce_sum_f32s(simd.add_f32s(sums[0], sums[1]))
}

/// Adds one to the first `n` diagonal elements.
#[inline(always)]
pub(super) fn add_identity(system: &mut [f32], n: usize, stride: usize) {
    for row in 0..n {
        system[row * stride + row] += 1.0;
    }
}

/// Writes the products of every row of `design` with itself and the rows after it: `ZZᵀ`, in tiles of four by two.
#[inline(always)]
pub(super) fn row_products<S: Simd>(simd: S, design: &[f32], width: usize, system: &mut [f32], side: usize) {
    let n = design.len() / width;
    let mut top = 0;
    while top < n {
        let rows = [
            register_row::<S>(design, width, top),
            register_row::<S>(design, width, top + 1),
            register_row::<S>(design, width, top + 2),
            register_row::<S>(design, width, top + 3),
        ];
        for i in 0..TILE {
            system[(top + i) * side + n..(top + i + 1) * side].fill(0.0);
        }
        let mut left = top;
        while left < n {
            let columns = [register_row::<S>(design, width, left), register_row::<S>(design, width, left + 1)];
            let mut sums = [[simd.splat_f32s(0.0); 2]; TILE];
            for at in 0..width / S::F32_LANES {
                let right = [columns[0][at], columns[1][at]];
                for i in 0..TILE {
                    sums[i][0] = simd.mul_add_f32s(rows[i][at], right[0], sums[i][0]);
                    sums[i][1] = simd.mul_add_f32s(rows[i][at], right[1], sums[i][1]);
                }
            }
            for i in 0..TILE {
                let start = (top + i) * side + left;
                system[start] = simd.reduce_sum_f32s(sums[i][0]);
                system[start + 1] = simd.reduce_sum_f32s(sums[i][1]);
            }
            left += 2;
        }
        top += TILE;
    }
}

#[inline(always)]
pub(super) fn register_row<S: Simd>(design: &[f32], width: usize, row: usize) -> &[S::f32s] {
    S::as_simd_f32s(&design[row * width..(row + 1) * width]).0
}

/// Adds the products of every column of `design` with itself and the columns after it: `ZᵀZ`.
#[inline(always)]
pub(super) fn column_products<S: Simd>(simd: S, design: &[f32], width: usize, system: &mut [f32]) {
    let registers = width / S::F32_LANES;
    let mut top = 0;
    while top < width {
        let mut left = top / S::F32_LANES;
        while left + 2 <= registers {
            column_tile::<S, 2>(simd, design, width, top, left, system);
            left += 2;
        }
        if left < registers {
            column_tile::<S, 1>(simd, design, width, top, left, system);
        }
        top += TILE;
    }
}

/// Four rows by `V` registers of `ZᵀZ`.
#[inline(always)]
fn column_tile<S: Simd, const V: usize>(
    simd: S,
    design: &[f32],
    width: usize,
    top: usize,
    left: usize,
    system: &mut [f32],
) {
    let mut sums = [[simd.splat_f32s(0.0); V]; TILE];
    let mut start = 0;
    while start < design.len() {
        let row = &design[start..start + width];
        let right = &S::as_simd_f32s(row).0[left..left + V];
        let down = &row[top..top + TILE];
        for i in 0..TILE {
            let down = simd.splat_f32s(down[i]);
            for j in 0..V {
                sums[i][j] = simd.mul_add_f32s(down, right[j], sums[i][j]);
            }
        }
        start += width;
    }
    for i in 0..TILE {
        let row = &mut system[(top + i) * width..(top + i + 1) * width];
        let out = &mut S::as_mut_simd_f32s(row).0[left..left + V];
        for j in 0..V {
            out[j] = simd.add_f32s(out[j], sums[i][j]);
        }
    }
}
