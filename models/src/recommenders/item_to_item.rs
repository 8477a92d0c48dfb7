//! Scores items by an item-to-item matrix: the sum of the rows of the history's items.

use crate::recommenders::linear_filter::add_row;
use crate::{Row, UserItems};

/// A sparse matrix of weights from an item of the history (row) to an item to recommend (column).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ItemToItem {
    weights: UserItems,
}

impl ItemToItem {
    pub(crate) fn new(weights: UserItems) -> Self {
        Self { weights }
    }

    pub(crate) fn n_items(&self) -> usize {
        self.weights.n_columns()
    }

    /// The items recommended because of `item`, and their weights.
    pub(crate) fn row(&self, item: usize) -> Row<'_> {
        self.weights.row(item)
    }

    /// Sums the rows of the items of `history`, each multiplied by its weight and `item_factor(item)`.
    pub(crate) fn score_into(&self, history: Row<'_>, item_factor: impl Fn(usize) -> f32, scores: &mut [f32]) {
        scores.fill(0.0);
        for (item, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
            add_row(self.weights.row(item), weight * item_factor(item), scores);
        }
    }

    /// What each item of `history` contributes to the score of `target`.
    pub(crate) fn explain(
        &self,
        history: Row<'_>,
        item_factor: impl Fn(usize) -> f32,
        target: usize,
    ) -> Vec<(u32, f32)> {
        let known = history.iter().filter(|&(item, _)| item < self.n_items());
        known
            .map(|(item, weight)| {
                (item as u32, weight * item_factor(item) * self.weights.row(item).weight(target as u32))
            })
            .collect()
    }
}
