//! The user-item matrix in compressed sparse rows, the input of all recommenders.

mod build;

use std::convert::Infallible;
use std::sync::Arc;

use rayon::prelude::*;

pub(crate) use build::{MAX_WEIGHT, collect_rows, row_blocks};

/// One row of a [`UserItems`]: column indices in ascending order and their weights, of equal length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// Columns with an entry, ascending, without repeats.
    pub columns: &'a [u32],
    /// The weight of each column. A missing entry means "not seen", not "disliked".
    pub weights: &'a [f32],
}

impl<'a> Row<'a> {
    /// A row without entries: a member without history.
    pub const EMPTY: Row<'static> = Row { columns: &[], weights: &[] };

    /// Iterates over pairs of column and weight.
    pub fn iter(self) -> impl Iterator<Item = (usize, f32)> + 'a {
        self.columns.iter().map(|&column| column as usize).zip(self.weights.iter().copied())
    }

    /// Number of entries.
    #[must_use]
    pub fn len(self) -> usize {
        self.columns.len()
    }

    /// Whether the row has no entries.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.columns.is_empty()
    }

    /// The weight of `column`, or 0 if there is no entry.
    #[must_use]
    pub fn weight(self, column: u32) -> f32 {
        self.columns.binary_search(&column).map_or(0.0, |at| self.weights[at])
    }

    /// The inner product with another row.
    #[must_use]
    pub fn dot(self, other: Row<'_>) -> f32 {
        self.columns.iter().zip(self.weights).map(|(&column, weight)| weight * other.weight(column)).sum()
    }

    /// Whether `column` has an entry.
    #[must_use]
    pub fn contains(self, column: u32) -> bool {
        self.columns.binary_search(&column).is_ok()
    }
}

/// Non-negative weights of members (rows) for items (columns), compressed by row. Clones share the entries.
#[derive(Debug, Clone, PartialEq)]
pub struct UserItems {
    n_rows: usize,
    n_columns: usize,
    starts: Arc<Vec<usize>>,
    columns: Arc<Vec<u32>>,
    weights: Arc<Vec<f32>>,
}

impl UserItems {
    /// One member's entries. `row` must be below [`n_rows`](Self::n_rows).
    #[must_use]
    pub fn row(&self, row: usize) -> Row<'_> {
        let range = self.starts[row]..self.starts[row + 1];
        Row { columns: &self.columns[range.clone()], weights: &self.weights[range] }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.n_rows).map(|row| self.row(row))
    }

    /// Number of members.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of items.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Number of entries.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.columns.len()
    }

    /// Offset of each row's first entry, followed by the total number of entries.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The columns of all entries in row order.
    pub(crate) fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// The weights of all entries in row order.
    pub(crate) fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Sum of the weights of each row.
    #[must_use]
    pub fn row_sums(&self) -> Vec<f32> {
        self.rows().map(|row| row.weights.iter().sum()).collect()
    }

    /// Sum of the weights of each column.
    #[must_use]
    pub fn column_sums(&self) -> Vec<f32> {
        let mut sums = vec![0.0; self.n_columns];
        for (&column, &weight) in self.columns.iter().zip(self.weights.iter()) {
            sums[column as usize] += weight;
        }
        sums
    }

    /// Number of entries of each column: how many members interacted with an item.
    #[must_use]
    pub fn column_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_columns];
        for &column in self.columns.iter() {
            counts[column as usize] += 1;
        }
        counts
    }

    /// Euclidean length of each row.
    #[must_use]
    pub fn row_norms(&self) -> Vec<f32> {
        let norm = |row: usize| self.row(row).weights.iter().map(|weight| weight * weight).sum::<f32>().sqrt();
        (0..self.n_rows).into_par_iter().map(norm).collect()
    }

    /// Swaps rows and columns.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut starts = vec![0; self.n_columns + 1];
        for &column in self.columns.iter() {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.n_columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; self.columns.len()];
        let mut weights = vec![0.0; self.weights.len()];
        for (row, entries) in self.rows().enumerate() {
            for (column, weight) in entries.iter() {
                columns[next[column]] = row as u32;
                weights[next[column]] = weight;
                next[column] += 1;
            }
        }
        Self::from_parts(self.n_rows, starts, columns, weights)
    }

    /// Reorders rows and columns: row `r` of the result is row `rows[r]` of this matrix, and column `c` of this matrix
    /// becomes column `column_place[c]`. Both arguments must be permutations.
    pub(crate) fn reordered(&self, rows: &[u32], column_place: &[u32]) -> Self {
        let Ok(matrix) = collect_rows(rows.len(), self.n_columns, |row, entries| {
            entries.extend(self.row(rows[row] as usize).iter().map(|(column, weight)| (column_place[column], weight)));
            entries.sort_unstable_by_key(|&(column, _)| column);
            Ok::<(), Infallible>(())
        });
        matrix
    }

    /// Replaces each weight by `weigh(row, column, weight)`.
    #[must_use]
    pub fn map_weights(&self, weigh: impl Fn(usize, usize, f32) -> f32 + Sync) -> Self {
        let mut weights = vec![0.0; self.weights.len()];
        row_blocks(&self.starts, &mut weights).into_par_iter().for_each(|(rows, block)| {
            let first = self.starts[rows.start];
            for row in rows {
                for at in self.starts[row]..self.starts[row + 1] {
                    block[at - first] = weigh(row, self.columns[at] as usize, self.weights[at]);
                }
            }
        });
        Self { weights: Arc::new(weights), ..self.clone() }
    }

    /// Keeps the entries for which `keep(row, column)` is true. The shape does not change.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(usize, u32) -> bool + Sync) -> Self {
        let Ok(matrix) = collect_rows(self.n_rows, self.n_columns, |row, entries| {
            let kept = self.row(row).iter().map(|(column, weight)| (column as u32, weight));
            entries.extend(kept.filter(|&(column, _)| keep(row, column)));
            Ok::<(), Infallible>(())
        });
        matrix
    }
}
