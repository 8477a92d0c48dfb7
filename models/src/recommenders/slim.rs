//! Sparse linear models: each item as a non-negative combination of a few similar ones, fitted by coordinate descent.
//!
//! # References
//! Ning and Karypis: *SLIM: sparse linear methods for top-n recommender systems*, ICDM 2011; features are chosen by
//! neighbourhood, as in its fsSLIM variant.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_COUNT, within};
use crate::recommenders::history_cap::{HISTORY_CAP, cap_histories};
use crate::recommenders::item_to_item::ItemToItem;
use crate::recommenders::sparse_product::{keep_largest, product_rows};
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`Slim`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlimParams {
    /// Weight of the L1 penalty. Larger values give fewer coefficients.
    pub l1: f64,
    /// Weight of half the squared L2 penalty.
    pub l2: f64,
    /// Number of most similar items (cosine) that may have a coefficient.
    pub features: usize,
    /// Largest number of passes over the features of an item.
    pub sweeps: usize,
    /// Largest number of items of one member that are compared with one another; longer histories are sampled. The fit
    /// time grows with its square. 0 compares all.
    pub history_cap: usize,
}

impl Default for SlimParams {
    fn default() -> Self {
        Self { l1: 0.1, l2: 50.0, features: 100, sweeps: 12, history_cap: HISTORY_CAP }
    }
}

impl SlimParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("slim.l1", self.l1, 0.0..=1e9)?;
        within("slim.l2", self.l2, 1e-9..=1e9)?;
        within("slim.features", self.features as f64, 1.0..=1e5)?;
        within("slim.sweeps", self.sweeps as f64, 1.0..=1e4)?;
        within("slim.history_cap", self.history_cap as f64, 0.0..=MAX_COUNT)
    }

    /// Minimises ½‖xⱼ − Σ wᵢxᵢ‖² + l1·Σwᵢ + ½·l2·Σwᵢ² with wᵢ ≥ 0 for each item j.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, interactions: &UserItems) -> Result<Slim, ModelError> {
        self.check()?;
        let interactions = cap_histories(interactions, self.history_cap);
        let item_users = interactions.transpose();
        let lengths = item_users.row_norms();
        let features = product_rows(&item_users, &interactions, |item, entries| {
            entries.retain(|&(other, _)| other as usize != item);
            for (other, similarity) in entries.iter_mut() {
                *similarity /= lengths[item] * lengths[*other as usize];
            }
            keep_largest(entries, self.features);
        });
        let coefficients: Vec<Vec<(u32, f32)>> = (0..item_users.n_rows())
            .into_par_iter()
            .map_init(
                || vec![0.0; interactions.n_rows()],
                |residual, item| self.explain(item, &item_users, features.row(item).columns, &lengths, residual),
            )
            .collect();
        let explained = UserItems::from_ascending_rows(item_users.n_rows(), coefficients);
        Ok(Slim { item_to_item: ItemToItem::new(explained.transpose()) })
    }

    /// The positive coefficients of `features` for `item`. `residual` is all zero before and after.
    fn explain(
        &self,
        item: usize,
        item_users: &UserItems,
        features: &[u32],
        lengths: &[f32],
        residual: &mut [f32],
    ) -> Vec<(u32, f32)> {
        let (l1, l2) = (self.l1 as f32, self.l2 as f32);
        let mut coefficients = vec![0.0_f32; features.len()];
        item_users.row(item).iter().for_each(|(user, weight)| residual[user] = weight);
        for _ in 0..self.sweeps {
            let mut largest_step = 0.0_f32;
            for (&feature, coefficient) in features.iter().zip(&mut coefficients) {
                let users = item_users.row(feature as usize);
                let square = lengths[feature as usize] * lengths[feature as usize];
                let agreement: f32 = users.iter().map(|(user, weight)| weight * residual[user]).sum();
                let updated = ((agreement + square * *coefficient - l1) / (square + l2)).max(0.0);
                let step = updated - *coefficient;
                if step != 0.0 {
                    users.iter().for_each(|(user, weight)| residual[user] -= step * weight);
                    *coefficient = updated;
                    largest_step = largest_step.max(step.abs());
                }
            }
            if largest_step < 1e-4 {
                break;
            }
        }
        let touched = features.iter().map(|&feature| feature as usize).chain([item]);
        touched.flat_map(|item| item_users.row(item).iter()).for_each(|(user, _)| residual[user] = 0.0);
        let kept = features.iter().copied().zip(coefficients);
        kept.filter(|&(_, coefficient)| coefficient > 0.0).collect()
    }
}

/// Sparse coefficients from each item of a history to the items it helps to predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Slim {
    item_to_item: ItemToItem,
}

impl Slim {
    /// What each item contributes to the scores of others, per unit of its weight in the history.
    #[must_use]
    pub fn similar(&self, item: usize) -> Row<'_> {
        self.item_to_item.row(item)
    }
}

impl Recommender for Slim {
    fn n_items(&self) -> usize {
        self.item_to_item.n_items()
    }

    fn score_into(&self, _user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        self.item_to_item.score_into(history, |_| 1.0, scores);
    }

    fn explain(&self, _user: Option<usize>, history: Row<'_>, item: usize) -> Option<Vec<(u32, f32)>> {
        Some(self.item_to_item.explain(history, |_| 1.0, item))
    }
}
