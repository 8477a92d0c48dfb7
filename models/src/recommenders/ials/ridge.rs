//! Solves one row's normal equations exactly, in the smaller of two equivalent forms.
//!
//! With a diagonal Gramian of the fixed side, a row's equations are `(D + Σ w·y·yᵀ) x = Σ w·y`, D diagonal. Put `Z =
//! W^½·Y·D^-½`, one row for each entry, and `t = w^½`. Then `x = D^-½ (I + ZᵀZ)⁻¹ Zᵀt`, a system with one unknown for
//! each factor, and equally `x = D^-½ Zᵀ (I + ZZᵀ)⁻¹ t`, a system with one unknown for each entry. No eigenvalue of
//! either system is below 1, so single precision is sufficient.

use pulp::{Arch, Simd, WithSimd};

use super::{cholesky, conjugate_gradient, factors::Factors, kernels, params::IalsParams};
use crate::Row;

/// Entries scaled and added at a time in long rows, so that they stay in the first-level cache.
const CHUNK: usize = 64;

/// Rows with at most this many entries are solved exactly in every sweep, which is cheaper than conjugate-gradient
/// steps.
pub(super) const MAX_EXACT_ENTRIES: usize = 16;

/// The fixed side of a half-sweep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ridge<'a> {
    fixed: &'a Factors,
    gram: &'a [f32],
    fitted: usize,
    params: &'a IalsParams,
    arch: Arch,
}

/// Buffers that a thread reuses for all rows.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The row's entries with a weight above zero: row of the fixed side and weight.
    entries: Vec<(usize, f32)>,
    /// D^-½.
    scale: Vec<f32>,
    /// Z, or a chunk of it.
    design: Vec<f32>,
    /// `I + ZᵀZ` or `I + ZZᵀ`, then its Cholesky factor.
    system: Vec<f32>,
    /// Inverse of the Cholesky factor's diagonal.
    pivots: Vec<f32>,
    /// t, then the smaller system's solution.
    target: Vec<f32>,
    /// Directions and residuals of [`Ridge::refine`].
    scratch: Vec<f32>,
}

impl<'a> Ridge<'a> {
    pub(super) fn new(fixed: &'a Factors, gram: &'a [f32], fitted: usize, params: &'a IalsParams) -> Self {
        Self { fixed, gram, fitted, params, arch: Arch::new() }
    }

    /// Writes the row's padded vector; zeros if no entry has a weight.
    pub(super) fn solve(&self, row: Row<'_>, workspace: &mut Workspace, solution: &mut [f32]) {
        self.load(row, workspace);
        self.solve_loaded(workspace, solution);
    }

    /// Solves like [`solve`](Self::solve), but improves `solution` by conjugate-gradient steps if the row has many
    /// entries.
    pub(super) fn refine(&self, row: Row<'_>, workspace: &mut Workspace, solution: &mut [f32]) {
        self.load(row, workspace);
        if workspace.entries.len() <= MAX_EXACT_ENTRIES.min(self.fixed.width()) {
            self.solve_loaded(workspace, solution);
        } else {
            self.arch.dispatch(Refine { fixed: self.fixed, workspace, solution });
        }
    }

    /// Replaces the padded `vector` by `(D + Σ w·y·yᵀ)⁻¹ vector`.
    pub(super) fn apply_inverse(&self, row: Row<'_>, workspace: &mut Workspace, vector: &mut [f32]) {
        self.load(row, workspace);
        self.arch.dispatch(ApplyInverse { fixed: self.fixed, workspace, vector });
    }

    fn solve_loaded(&self, workspace: &mut Workspace, solution: &mut [f32]) {
        if workspace.entries.is_empty() {
            solution.fill(0.0);
        } else {
            self.arch.dispatch(Solve { fixed: self.fixed, workspace, solution });
        }
    }

    fn load(&self, row: Row<'_>, workspace: &mut Workspace) {
        let known = self.fixed.rows();
        workspace.entries.clear();
        workspace.entries.extend(row.iter().filter(|&(column, weight)| column < known && weight > 0.0));
        let weight: f32 = workspace.entries.iter().map(|&(_, weight)| weight).sum();
        let ridge = self.params.ridge(weight, self.fitted).max(f32::MIN_POSITIVE);
        let unobserved = self.params.unobserved_weight;
        kernels::reserve(&mut workspace.scale, self.gram.len());
        self.arch.dispatch(Whiten { unobserved, gram: self.gram, ridge, scale: &mut workspace.scale });
    }
}

struct Whiten<'a> {
    unobserved: f32,
    gram: &'a [f32],
    ridge: f32,
    scale: &'a mut [f32],
}

impl WithSimd for Whiten<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        kernels::whiten(simd, self.unobserved, self.gram, self.ridge, self.scale);
    }
}

struct Solve<'a> {
    fixed: &'a Factors,
    workspace: &'a mut Workspace,
    solution: &'a mut [f32],
}

impl WithSimd for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { fixed, workspace, solution } = self;
        if workspace.entries.len() < fixed.width() {
            solve_by_entries(simd, fixed, workspace, solution);
        } else {
            solve_by_factors(simd, fixed, workspace, solution);
        }
        for (value, scale) in solution.iter_mut().zip(&workspace.scale) {
            *value *= scale;
        }
    }
}

struct Refine<'a> {
    fixed: &'a Factors,
    workspace: &'a mut Workspace,
    solution: &'a mut [f32],
}

impl WithSimd for Refine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { fixed, workspace, solution } = self;
        let Workspace { entries, scale, design, target, scratch, .. } = workspace;
        let padded = entries.len().next_multiple_of(kernels::TILE);
        kernels::reserve(design, padded * fixed.stride());
        design[entries.len() * fixed.stride()..].fill(0.0);
        load_design(simd, fixed, entries, scale, design);
        target.clear();
        target.extend(entries.iter().map(|&(_, weight)| weight.sqrt()));
        target.resize(padded, 0.0);
        for (value, scale) in solution.iter_mut().zip(&*scale) {
            *value /= scale;
        }
        conjugate_gradient::refine(simd, design, target, solution, scratch);
        scale_by(solution, scale);
    }
}

struct ApplyInverse<'a> {
    fixed: &'a Factors,
    workspace: &'a mut Workspace,
    vector: &'a mut [f32],
}

impl WithSimd for ApplyInverse<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { fixed, workspace, vector } = self;
        let mut ignored = vec![0.0; fixed.stride()];
        build_by_factors(simd, fixed, workspace, &mut ignored);
        scale_by(vector, &workspace.scale);
        let Workspace { system, pivots, .. } = workspace;
        cholesky::solve(simd, system, fixed.width(), fixed.stride(), pivots, vector);
        scale_by(vector, &workspace.scale);
    }
}

/// `Zᵀ (I + ZZᵀ)⁻¹ t`.
#[inline(always)]
fn solve_by_entries<S: Simd>(simd: S, fixed: &Factors, workspace: &mut Workspace, solution: &mut [f32]) {
    let Workspace { entries, scale, design, system, pivots, target, .. } = workspace;
    let (n, stride) = (entries.len(), fixed.stride());
    let side = kernels::side(n);
    kernels::reserve(design, n.next_multiple_of(kernels::TILE) * stride);
    design[n * stride..].fill(0.0);
    load_design(simd, fixed, entries, scale, design);
    target.clear();
    target.extend(entries.iter().map(|&(_, weight)| weight.sqrt()));
    target.resize(side, 0.0);
    kernels::reserve(system, n.next_multiple_of(kernels::TILE) * side);
    kernels::row_products(simd, design, stride, system, side);
    kernels::add_identity(system, n, side);
    cholesky::solve(simd, system, n, side, pivots, target);
    solution.fill(0.0);
    for at in 0..n {
        kernels::add_scaled(simd, target[at], &design[at * stride..(at + 1) * stride], solution);
    }
}

/// `(I + ZᵀZ)⁻¹ Zᵀt`.
#[inline(always)]
fn solve_by_factors<S: Simd>(simd: S, fixed: &Factors, workspace: &mut Workspace, solution: &mut [f32]) {
    build_by_factors(simd, fixed, workspace, solution);
    let Workspace { system, pivots, .. } = workspace;
    cholesky::solve(simd, system, fixed.width(), fixed.stride(), pivots, solution);
}

/// Writes `I + ZᵀZ` into the workspace and `Zᵀt` into `right`.
#[inline(always)]
fn build_by_factors<S: Simd>(simd: S, fixed: &Factors, workspace: &mut Workspace, right: &mut [f32]) {
    let Workspace { entries, scale, design, system, .. } = workspace;
    let stride = fixed.stride();
    kernels::reserve(system, stride * stride);
    system.fill(0.0);
    right.fill(0.0);
    for chunk in entries.chunks(CHUNK) {
        kernels::reserve(design, chunk.len() * stride);
        load_design(simd, fixed, chunk, scale, design);
        kernels::column_products(simd, design, stride, system);
        for at in 0..chunk.len() {
            kernels::add_scaled(simd, chunk[at].1.sqrt(), &design[at * stride..(at + 1) * stride], right);
        }
    }
    kernels::add_identity(system, fixed.width(), stride);
}

#[inline(always)]
fn load_design<S: Simd>(simd: S, fixed: &Factors, entries: &[(usize, f32)], scale: &[f32], design: &mut [f32]) {
    let stride = fixed.stride();
    prefetch(fixed, entries);
    for at in 0..entries.len() {
        let (column, weight) = entries[at];
        let row = &mut design[at * stride..(at + 1) * stride];
        kernels::multiply(simd, weight.sqrt(), fixed.padded_row(column), scale, row);
    }
}

/// Reads one number of every cache line that is needed, so that memory accesses overlap.
#[inline(always)]
fn prefetch(fixed: &Factors, entries: &[(usize, f32)]) {
    let (values, stride) = (fixed.values(), fixed.stride());
    let mut bits = 0;
    for &(column, _) in entries {
        let mut at = column * stride;
        let end = at + stride;
        while at < end {
            bits |= values[at].to_bits();
            at += super::factors::LANES;
        }
    }
    std::hint::black_box(bits);
}

#[inline(always)]
fn scale_by(vector: &mut [f32], scale: &[f32]) {
    for (value, scale) in vector.iter_mut().zip(scale) {
        *value *= scale;
    }
}

/// Dot product in double precision, for single scores and explanations.
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(&left, &right)| f64::from(left) * f64::from(right)).sum::<f64>() as f32
}

/// Dot products of `vector` with each row of `rows`. All are padded to whole registers.
pub(super) fn dots(vector: &[f32], rows: &[f32], products: &mut [f32]) {
    Arch::new().dispatch(Dots { vector, rows, products });
}

struct Dots<'a> {
    vector: &'a [f32],
    rows: &'a [f32],
    products: &'a mut [f32],
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.vector.len();
        for at in 0..self.products.len() {
            self.products[at] = kernels::dot(simd, self.vector, &self.rows[at * width..(at + 1) * width]);
        }
    }
}
