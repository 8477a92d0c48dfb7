//! Small dense kernels in registers: scaling, dot products, symmetric products.
//!
//! All slices are padded to a multiple of [`LANES`], so no kernel handles a remainder. Only upper triangles are read.

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

/// Sets the length of the buffer without clearing its contents.
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

/// `direction = fresh + keep · direction`.
#[inline(always)]
pub(super) fn update_direction<S: Simd>(simd: S, fresh: &[f32], keep: f32, direction: &mut [f32]) {
    let keep = simd.splat_f32s(keep);
    let direction = S::as_mut_simd_f32s(direction).0;
    let fresh = &S::as_simd_f32s(fresh).0[..direction.len()];
    for at in 0..direction.len() {
        direction[at] = simd.mul_add_f32s(keep, direction[at], fresh[at]);
    }
}

/// `scale = (amount · gram + ridge)^-½`, by element.
#[inline(always)]
pub(super) fn whiten<S: Simd>(simd: S, amount: f32, gram: &[f32], ridge: f32, scale: &mut [f32]) {
    let (amount, ridge, one) = (simd.splat_f32s(amount), simd.splat_f32s(ridge), simd.splat_f32s(1.0));
    let scale = S::as_mut_simd_f32s(scale).0;
    let gram = &S::as_simd_f32s(gram).0[..scale.len()];
    for at in 0..scale.len() {
        scale[at] = simd.div_f32s(one, simd.sqrt_f32s(simd.mul_add_f32s(amount, gram[at], ridge)));
    }
}

/// Sum of products.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, left: &[f32], right: &[f32]) -> f32 {
    let left = S::as_simd_f32s(left).0;
    let right = &S::as_simd_f32s(right).0[..left.len()];
    let mut sums = [simd.splat_f32s(0.0); TILE];
    let mut at = 0;
    while at + TILE <= left.len() {
        for lane in 0..TILE {
            sums[lane] = simd.mul_add_f32s(left[at + lane], right[at + lane], sums[lane]);
        }
        at += TILE;
    }
    while at < left.len() {
        sums[0] = simd.mul_add_f32s(left[at], right[at], sums[0]);
        at += 1;
    }
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3])))
}

/// Computes `out += Σ amount(row, ⟨row, direction⟩) · row` over the rows of `design`, four at a time while they are in
/// cache.
#[inline(always)]
pub(super) fn add_weighted_rows<S: Simd>(
    simd: S,
    design: &[f32],
    direction: &[f32],
    out: &mut [f32],
    amount: impl Fn(usize, f32) -> f32,
) {
    let width = out.len();
    let out = S::as_mut_simd_f32s(out).0;
    let n = out.len();
    let direction = &S::as_simd_f32s(direction).0[..n];
    let mut row = 0;
    while row * width < design.len() {
        let a = &register_row::<S>(design, width, row)[..n];
        let b = &register_row::<S>(design, width, row + 1)[..n];
        let c = &register_row::<S>(design, width, row + 2)[..n];
        let d = &register_row::<S>(design, width, row + 3)[..n];
        let mut sums = [simd.splat_f32s(0.0); 2 * TILE];
        let mut at = 0;
        while at + 1 < n {
            let (even, odd) = (direction[at], direction[at + 1]);
            sums[0] = simd.mul_add_f32s(a[at], even, sums[0]);
            sums[1] = simd.mul_add_f32s(b[at], even, sums[1]);
            sums[2] = simd.mul_add_f32s(c[at], even, sums[2]);
            sums[3] = simd.mul_add_f32s(d[at], even, sums[3]);
            sums[4] = simd.mul_add_f32s(a[at + 1], odd, sums[4]);
            sums[5] = simd.mul_add_f32s(b[at + 1], odd, sums[5]);
            sums[6] = simd.mul_add_f32s(c[at + 1], odd, sums[6]);
            sums[7] = simd.mul_add_f32s(d[at + 1], odd, sums[7]);
            at += 2;
        }
        if at < n {
            sums[0] = simd.mul_add_f32s(a[at], direction[at], sums[0]);
            sums[1] = simd.mul_add_f32s(b[at], direction[at], sums[1]);
            sums[2] = simd.mul_add_f32s(c[at], direction[at], sums[2]);
            sums[3] = simd.mul_add_f32s(d[at], direction[at], sums[3]);
        }
        let along = |lane: usize| simd.reduce_sum_f32s(simd.add_f32s(sums[lane], sums[lane + TILE]));
        let by_a = simd.splat_f32s(amount(row, along(0)));
        let by_b = simd.splat_f32s(amount(row + 1, along(1)));
        let by_c = simd.splat_f32s(amount(row + 2, along(2)));
        let by_d = simd.splat_f32s(amount(row + 3, along(3)));
        for at in 0..n {
            let first = simd.mul_add_f32s(by_b, b[at], simd.mul_add_f32s(by_a, a[at], out[at]));
            out[at] = simd.mul_add_f32s(by_d, d[at], simd.mul_add_f32s(by_c, c[at], first));
        }
        row += TILE;
    }
}

/// Adds one to the first `n` diagonal elements.
#[inline(always)]
pub(super) fn add_identity(system: &mut [f32], n: usize, stride: usize) {
    for row in 0..n {
        system[row * stride + row] += 1.0;
    }
}

/// Writes the upper triangle of `ZZᵀ` for the rows of `design`, in tiles of four by two.
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

/// Adds the upper triangle of `ZᵀZ` for the columns of `design`.
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
