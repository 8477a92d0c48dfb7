//! Implicit alternating least squares: factorises the matrix into vectors of members and items whose product is the
//! score.
//!
//! The objective is that of Hu, Koren and Volinsky (2008) in the form of Rendle, Krichene, Zhang and Koren, "Revisiting
//! the Performance of iALS on Item Recommendation Benchmarks" (2022): an entry of weight w costs `w·(1 − ŷ)²`, every
//! pair costs `α₀·ŷ²`, and a row's ridge grows with its total weight, `λ·(Σw + α₀·n)^ν`.
//!
//! The fixed side of each half-sweep is rotated to the principal axes of its Gramian. This leaves all scores unchanged
//! and makes the shared part of every row's normal equations diagonal. A row with fewer entries than factors then needs
//! a system of the size of its entries only. Before the last half-sweep, rows with many entries take a few
//! conjugate-gradient steps instead of an exact solution.

mod cholesky;
mod conjugate_gradient;
mod factors;
mod fold_in;
mod kernels;
mod params;
mod reordering;
mod ridge;

use faer::{Accum, MatMut, Par, linalg::matmul::matmul};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use fold_in::FoldIn;
pub use params::IalsParams;

use self::{
    factors::Factors,
    reordering::Reordered,
    ridge::{MAX_EXACT_ENTRIES, Ridge, Workspace},
};
use super::fingerprint::fingerprint;
use crate::{InnerProductModel, ModelError, Recommender, Row, UserItems};

/// Fitted vectors of members and items.
///
/// A member's vector equals [`FoldIn::fold_in`] of the member's row at fit time. Members whose history changed since
/// are folded in, so both cases give consistent scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ials {
    users: Factors,
    /// Fingerprint of each member's row at fit time, to detect a changed history.
    rows_seen: Vec<u64>,
    fold_in: FoldIn,
}

impl IalsParams {
    /// Fits by `sweeps` rounds of members and items, and a final half-sweep of members.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`], [`ModelError::NotEnoughData`] for a matrix without entries,
    /// [`ModelError::Diverged`] if a vector is not finite.
    pub fn fit(&self, matrix: &UserItems, seed: u64) -> Result<Ials, ModelError> {
        self.check()?;
        if matrix.n_entries() == 0 {
            return Err(ModelError::NotEnoughData(
                "iALS needs at least one entry in the user-item matrix; load reads or sign-ups first".into(),
            ));
        }
        let reordered = Reordered::new(matrix);
        let mut items = Factors::random(matrix.n_columns(), self.factors, self.init_scale, seed);
        let mut users = Factors::zeros(matrix.n_rows(), self.factors);
        for _ in 0..self.sweeps {
            half_sweep(&mut items, &reordered.by_user, &mut users, self)?;
            half_sweep(&mut users, &reordered.by_item, &mut items, self)?;
        }
        let mut items = items.scattered(&reordered.items);
        let (gram, _) = items.rotate_to_principal_axes()?;
        self.finish(matrix, items, gram, users)
    }

    /// Computes the members' vectors for given item vectors of [`factors`](Self::factors) numbers each, in one
    /// half-sweep.
    ///
    /// The item vectors are rotated to the principal axes of the items with entries. Other items are not part of the
    /// Gramian, because no member could have chosen them.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`], also if `item_vectors` does not hold one vector for each item;
    /// [`ModelError::Diverged`] if a vector is not finite.
    pub fn fit_members(&self, matrix: &UserItems, item_vectors: &[f32]) -> Result<Ials, ModelError> {
        self.check()?;
        if item_vectors.len() != matrix.n_columns() * self.factors {
            let value = format!("{} numbers", item_vectors.len());
            let bounds = format!("{} vectors of {} numbers", matrix.n_columns(), self.factors);
            return Err(ModelError::bad_parameter("ials.item_vectors", value, bounds));
        }
        let mut items = Factors::from_dense(item_vectors, self.factors);
        let mut known = items.clone();
        for (item, _) in matrix.column_counts().iter().enumerate().filter(|&(_, &count)| count == 0) {
            known.padded_row_mut(item).fill(0.0);
        }
        let (gram, axes) = known.rotate_to_principal_axes()?;
        items.rotate(&axes, matrix.n_columns());
        self.finish(matrix, items, gram, Factors::zeros(matrix.n_rows(), self.factors))
    }

    /// Runs the last half-sweep. The item vectors lie on the principal axes of `gram`.
    fn finish(
        &self,
        matrix: &UserItems,
        items: Factors,
        gram: Vec<f32>,
        mut users: Factors,
    ) -> Result<Ials, ModelError> {
        let ridge = Ridge::new(&items, &gram, items.rows(), self);
        users.rows_mut().enumerate().with_min_len(64).for_each_init(
            Workspace::default,
            |workspace, (row, solution)| {
                ridge.solve(matrix.row(row), workspace, solution);
            },
        );
        if !(users.all_finite() && items.all_finite()) {
            return Err(ModelError::Diverged("iALS"));
        }
        let rows_seen = (0..matrix.n_rows()).into_par_iter().map(|row| fingerprint(matrix.row(row))).collect();
        Ok(Ials { users, rows_seen, fold_in: FoldIn::from_factors(items, gram, self) })
    }
}

/// Updates all rows of `free` with `fixed` held constant, after rotating `fixed` to its principal axes. Rows with many
/// entries take conjugate-gradient steps from their current vectors, and must come first in `matrix`.
fn half_sweep(
    fixed: &mut Factors,
    matrix: &UserItems,
    free: &mut Factors,
    params: &IalsParams,
) -> Result<(), ModelError> {
    let (gram, axes) = fixed.rotate_to_principal_axes()?;
    free.rotate(&axes, matrix.rows().take_while(|row| row.len() > MAX_EXACT_ENTRIES).count());
    let ridge = Ridge::new(fixed, &gram, fixed.rows(), params);
    free.rows_mut().enumerate().with_min_len(64).for_each_init(Workspace::default, |workspace, (row, vector)| {
        ridge.refine(matrix.row(row), workspace, vector);
    });
    Ok(())
}

impl Ials {
    /// Length of a vector.
    #[must_use]
    pub fn factors(&self) -> usize {
        self.users.width()
    }

    /// Number of members at fit time.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.users.rows()
    }

    /// The vector of the member in row `user`, which must be below [`n_users`](Self::n_users).
    #[must_use]
    pub fn user_factors(&self, user: usize) -> &[f32] {
        self.users.row(user)
    }

    /// The vector of an item, which must be below [`n_items`](Recommender::n_items).
    #[must_use]
    pub fn item_factors(&self, item: usize) -> &[f32] {
        self.fold_in.item_factors(item)
    }

    /// The item side of the model, which a service keeps: computes vectors from histories and explains scores.
    #[must_use]
    pub fn fold_in_model(&self) -> &FoldIn {
        &self.fold_in
    }

    /// Computes the vector that another half-sweep would give a member with this history.
    #[must_use]
    pub fn fold_in(&self, history: Row<'_>) -> Vec<f32> {
        self.fold_in.fold_in(history)
    }

    /// What each item of the history contributes to the score of `item`: see [`FoldIn::explain`].
    #[must_use]
    pub fn explain(&self, history: Row<'_>, item: usize) -> Vec<(u32, f32)> {
        self.fold_in.explain(history, item)
    }

    fn write_vector(&self, user: Option<usize>, history: Row<'_>, vector: &mut [f32]) {
        match user.filter(|&user| self.rows_seen.get(user) == Some(&fingerprint(history))) {
            Some(user) => vector.copy_from_slice(self.users.padded_row(user)),
            None => self.fold_in.solve(history, &mut Workspace::default(), vector),
        }
    }
}

impl Recommender for Ials {
    fn n_items(&self) -> usize {
        self.fold_in.n_items()
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let mut vector = vec![0.0; self.users.stride()];
        self.write_vector(user, history, &mut vector);
        self.fold_in.score_vector(&vector, scores);
    }

    fn explain(&self, _user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        Some(self.fold_in.explain(history, item))
    }

    fn inner_product_model(&self) -> Option<&dyn InnerProductModel> {
        Some(self)
    }

    fn score_block(&self, users: &[usize], histories: &[Row<'_>], scores: &mut [f32]) {
        let mut block = Factors::zeros(users.len(), self.factors());
        for (at, (&user, &history)) in users.iter().zip(histories).enumerate() {
            self.write_vector(Some(user), history, block.padded_row_mut(at));
        }
        let scores = MatMut::from_row_major_slice_mut(scores, users.len(), self.n_items());
        let items = self.fold_in.all_item_factors().as_mat();
        matmul(scores, Accum::Replace, block.as_mat(), items.transpose(), 1.0, Par::Seq);
    }
}

impl InnerProductModel for Ials {
    fn width(&self) -> usize {
        self.factors()
    }

    fn item_vector(&self, item: usize) -> &[f32] {
        self.item_factors(item)
    }

    fn write_user_vector(&self, user: Option<usize>, history: Row<'_>, vector: &mut [f32]) {
        let mut padded = vec![0.0; self.users.stride()];
        self.write_vector(user, history, &mut padded);
        vector.copy_from_slice(&padded[..vector.len()]);
    }
}
