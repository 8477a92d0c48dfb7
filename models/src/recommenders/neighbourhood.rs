//! Scores from an item-to-item matrix: what the items of a history point to, added up.

use crate::recommenders::linear_filter::add_row;
use crate::{Row, UserItems};

/// A sparse matrix of weights from an item of the history (row) to an item to recommend (column).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Neighbourhood {
    towards: UserItems,
}

impl Neighbourhood {
    pub(crate) fn new(towards: UserItems) -> Self {
        Self { towards }
    }

    pub(crate) fn n_items(&self) -> usize {
        self.towards.n_columns()
    }

    /// The items that `item` points to, and how strongly.
    pub(crate) fn of(&self, item: usize) -> Row<'_> {
        self.towards.row(item)
    }

    /// Adds up the rows of the items of `history`, each times its weight and `emphasis(item)`.
    pub(crate) fn score_into(&self, history: Row<'_>, emphasis: impl Fn(usize) -> f32, scores: &mut [f32]) {
        scores.fill(0.0);
        for (item, weight) in history.iter().filter(|&(item, _)| item < self.n_items()) {
            add_row(self.towards.row(item), weight * emphasis(item), scores);
        }
    }

    /// What each item of `history` adds to the score of `target`.
    pub(crate) fn explain(&self, history: Row<'_>, emphasis: impl Fn(usize) -> f32, target: usize) -> Vec<(u32, f32)> {
        let known = history.iter().filter(|&(item, _)| item < self.n_items());
        known
            .map(|(item, weight)| (item as u32, weight * emphasis(item) * self.towards.row(item).weight(target as u32)))
            .collect()
    }
}
