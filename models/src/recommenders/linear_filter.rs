//! The linear filter x·AᵀA of a history x and a sparse matrix A.

use crate::recommenders::sparse_product::{AccumulatorPool, product_rows};
use crate::{Row, UserItems};

/// The filter, either as a precomputed product or in two steps.
#[derive(Debug)]
pub(crate) enum LinearFilter {
    /// The product, items × items. Reads and writes long rows in order, which is several times faster than two steps.
    Precomputed(UserItems),
    /// The two factors, for matrices whose product would not fit in memory.
    Factored { item_users: UserItems, user_items: UserItems, members: AccumulatorPool },
}

/// Largest number of entries of a precomputed product; 8 bytes each.
const MAX_ENTRIES: usize = 100_000_000;

impl LinearFilter {
    /// Builds the filter of `normalised` (members × items).
    pub(crate) fn new(normalised: &UserItems) -> Self {
        let item_users = normalised.transpose();
        let pairs: usize = normalised.rows().map(|row| row.len() * row.len()).sum();
        let square = normalised.n_columns().saturating_mul(normalised.n_columns());
        if pairs.min(square) <= MAX_ENTRIES {
            return Self::Precomputed(product_rows(&item_users, normalised, |_, _| {}));
        }
        let members = AccumulatorPool::new(normalised.n_rows());
        Self::Factored { item_users, user_items: normalised.clone(), members }
    }

    /// The weight between two items.
    pub(crate) fn weight(&self, from: usize, to: usize) -> f32 {
        match self {
            Self::Precomputed(items) => items.row(from).weight(to as u32),
            Self::Factored { item_users, user_items, .. } => {
                let members = item_users.row(from).iter();
                members.map(|(member, weight)| weight * user_items.row(member).weight(to as u32)).sum()
            }
        }
    }

    pub(crate) fn add(&self, history: Row<'_>, scores: &mut [f32]) {
        match self {
            Self::Precomputed(items) => {
                for (item, weight) in history.iter().filter(|&(item, _)| item < items.n_rows()) {
                    add_row(items.row(item), weight, scores);
                }
            }
            Self::Factored { item_users, user_items, members } => {
                let members = members.sum(|members| {
                    for (item, weight) in history.iter().filter(|&(item, _)| item < item_users.n_rows()) {
                        members.add_row(item_users, item, weight);
                    }
                });
                for (member, strength) in members {
                    add_row(user_items.row(member as usize), strength, scores);
                }
            }
        }
    }
}

/// Adds `factor` times a sparse row.
pub(crate) fn add_row(row: Row<'_>, factor: f32, scores: &mut [f32]) {
    for (&column, &weight) in row.columns.iter().zip(row.weights) {
        scores[column as usize] += factor * weight;
    }
}
