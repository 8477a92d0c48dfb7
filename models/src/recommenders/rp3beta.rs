//! Three-step random walks (member, item, member, item) with a penalty for popular targets.
//!
//! # References
//! Paudel, Christoffel, Newell, Bernstein: *Updatable, accurate, diverse, and scalable recommendations for interactive
//! applications*, ACM TIIS 2017.

use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_COUNT, within};
use crate::recommenders::history_cap::{HISTORY_CAP, cap_histories};
use crate::recommenders::item_to_item::ItemToItem;
use crate::recommenders::sparse_product::{keep_largest, product_rows};
use crate::{ModelError, Recommender, Row, UserItems};

/// Parameters of [`Rp3Beta`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rp3BetaParams {
    /// Targets kept for each item of the history.
    pub neighbours: usize,
    /// Exponent of the transition probabilities.
    pub alpha: f64,
    /// Exponent of the target's popularity in the penalty.
    pub beta: f64,
    /// 1 normalises the outgoing weights of each item to a sum of one; 0 does not.
    pub normalise: usize,
    /// Largest number of items of one member in a walk; longer histories are sampled. The fit time grows with its
    /// square. 0 uses all.
    pub history_cap: usize,
}

impl Default for Rp3BetaParams {
    fn default() -> Self {
        Self { neighbours: 500, alpha: 0.6, beta: 0.2, normalise: 1, history_cap: HISTORY_CAP }
    }
}

impl Rp3BetaParams {
    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        within("rp3beta.neighbours", self.neighbours as f64, 1.0..=MAX_COUNT)?;
        within("rp3beta.alpha", self.alpha, 0.0..=4.0)?;
        within("rp3beta.beta", self.beta, 0.0..=4.0)?;
        within("rp3beta.normalise", self.normalise as f64, 0.0..=1.0)?;
        within("rp3beta.history_cap", self.history_cap as f64, 0.0..=MAX_COUNT)
    }

    /// Multiplies the transition matrices, keeps the largest entries of each row, then normalises.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn fit(&self, interactions: &UserItems) -> Result<Rp3Beta, ModelError> {
        self.check()?;
        let alpha = self.alpha as f32;
        let interactions = cap_histories(interactions, self.history_cap);
        let transposed = interactions.transpose();
        let (item_to_user, user_to_item) = (transitions(&transposed, alpha), transitions(&interactions, alpha));
        let damping: Vec<f32> = transposed.row_sums().iter().map(|sum| sum.powf(-self.beta as f32)).collect();
        let weights = product_rows(&item_to_user, &user_to_item, |item, entries| {
            entries.retain(|&(other, _)| other as usize != item);
            for (other, weight) in entries.iter_mut() {
                *weight *= damping[*other as usize];
            }
            keep_largest(entries, self.neighbours);
            let sum: f32 = entries.iter().map(|&(_, weight)| weight).sum();
            if self.normalise == 1 && sum > 0.0 {
                entries.iter_mut().for_each(|(_, weight)| *weight /= sum);
            }
        });
        Ok(Rp3Beta { item_to_item: ItemToItem::new(weights) })
    }
}

/// Divides each weight by its row's sum and raises it to the power `alpha`.
fn transitions(matrix: &UserItems, alpha: f32) -> UserItems {
    let sums = matrix.row_sums();
    matrix.map_weights(|row, _, weight| if weight > 0.0 { (weight / sums[row]).powf(alpha) } else { 0.0 })
}

/// Weights from each item to the items that a three-step random walk reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Rp3Beta {
    item_to_item: ItemToItem,
}

impl Rp3Beta {
    /// What each item contributes to the scores of others, per unit of its weight in the history.
    #[must_use]
    pub fn similar(&self, item: usize) -> Row<'_> {
        self.item_to_item.row(item)
    }
}

impl Recommender for Rp3Beta {
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
