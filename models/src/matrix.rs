//! The user-item matrix in compressed sparse rows, the one shape every recommender reads.

use rayon::prelude::*;

use crate::ModelError;

/// One row of a [`UserItems`]: column indices in ascending order and their weights, of equal length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// Columns with an entry, ascending, without repeats.
    pub columns: &'a [u32],
    /// The weight of each column; a missing entry is "not seen", not "disliked".
    pub weights: &'a [f32],
}

impl<'a> Row<'a> {
    /// A row with no entry: somebody without history.
    pub const EMPTY: Row<'static> = Row { columns: &[], weights: &[] };

    /// Pairs of column and weight.
    pub fn iter(self) -> impl Iterator<Item = (usize, f32)> + 'a {
        self.columns.iter().map(|&column| column as usize).zip(self.weights.iter().copied())
    }

    /// Number of entries.
    #[must_use]
    pub fn len(self) -> usize {
        self.columns.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.columns.is_empty()
    }

    /// The weight of `column`, 0 without an entry.
    #[must_use]
    pub fn weight(self, column: u32) -> f32 {
        self.columns.binary_search(&column).map_or(0.0, |at| self.weights[at])
    }

    /// Whether `column` has an entry.
    #[must_use]
    pub fn contains(self, column: u32) -> bool {
        self.columns.binary_search(&column).is_ok()
    }
}

/// Weights up to which squares and sums over all entries stay within single precision.
const HEAVIEST: f32 = 1e12;

/// Non-negative weights of members (rows) for items (columns), compressed by row.
#[derive(Debug, Clone, PartialEq)]
pub struct UserItems {
    n_rows: usize,
    n_columns: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl UserItems {
    /// Builds the matrix from `(row, column, weight)` in any order; weights of repeated pairs are added.
    ///
    /// # Errors
    /// [`ModelError::OutOfBounds`] for an index outside the shape, [`ModelError::BadWeight`] for a weight, or a sum of a
    /// repeated pair's weights, that is not a number from 0 to 10¹².
    pub fn from_triplets(
        n_rows: usize,
        n_columns: usize,
        triplets: impl IntoIterator<Item = (u32, u32, f32)>,
    ) -> Result<Self, ModelError> {
        let mut entries: Vec<(u32, u32, f32)> = triplets.into_iter().collect();
        for &(row, column, weight) in &entries {
            let (row, column) = (row as usize, column as usize);
            if row >= n_rows || column >= n_columns {
                return Err(ModelError::OutOfBounds { row, column, rows: n_rows, columns: n_columns });
            }
            if !(0.0..=HEAVIEST).contains(&weight) {
                return Err(ModelError::BadWeight { row, column, weight });
            }
        }
        entries.par_sort_by_key(|&(row, column, _)| (row, column));
        let mut starts = vec![0; n_rows + 1];
        let mut columns = Vec::with_capacity(entries.len());
        let mut weights: Vec<f32> = Vec::with_capacity(entries.len());
        let mut previous = None;
        for (row, column, weight) in entries {
            if previous == Some((row, column)) {
                if let Some(last) = weights.last_mut() {
                    *last += weight;
                    if *last > HEAVIEST {
                        let (row, column, weight) = (row as usize, column as usize, *last);
                        return Err(ModelError::BadWeight { row, column, weight });
                    }
                }
                continue;
            }
            previous = Some((row, column));
            columns.push(column);
            weights.push(weight);
            starts[row as usize + 1] += 1;
        }
        for row in 0..n_rows {
            starts[row + 1] += starts[row];
        }
        Ok(Self { n_rows, n_columns, starts, columns, weights })
    }

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

    /// Sum of the weights of each row.
    #[must_use]
    pub fn row_sums(&self) -> Vec<f32> {
        self.rows().map(|row| row.weights.iter().sum()).collect()
    }

    /// Sum of the weights of each column.
    #[must_use]
    pub fn column_sums(&self) -> Vec<f32> {
        let mut sums = vec![0.0; self.n_columns];
        for (&column, &weight) in self.columns.iter().zip(&self.weights) {
            sums[column as usize] += weight;
        }
        sums
    }

    /// Number of entries of each column: how many members touched an item.
    #[must_use]
    pub fn column_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_columns];
        for &column in &self.columns {
            counts[column as usize] += 1;
        }
        counts
    }

    /// Euclidean length of each row.
    #[must_use]
    pub fn row_norms(&self) -> Vec<f32> {
        self.rows().map(|row| row.weights.iter().map(|weight| weight * weight).sum::<f32>().sqrt()).collect()
    }

    /// The same entries with items as rows: who touched an item.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut starts = vec![0; self.n_columns + 1];
        for &column in &self.columns {
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
        Self { n_rows: self.n_columns, n_columns: self.n_rows, starts, columns, weights }
    }

    /// The rows named in `order`, one after another.
    pub(crate) fn with_rows(&self, order: &[u32]) -> Self {
        let mut starts = Vec::with_capacity(order.len() + 1);
        starts.push(0);
        let (mut columns, mut weights) =
            (Vec::with_capacity(self.columns.len()), Vec::with_capacity(self.weights.len()));
        for &row in order {
            let row = self.row(row as usize);
            columns.extend_from_slice(row.columns);
            weights.extend_from_slice(row.weights);
            starts.push(columns.len());
        }
        Self { n_rows: order.len(), n_columns: self.n_columns, starts, columns, weights }
    }

    /// The same entries with each weight replaced by `weigh(row, column, weight)`.
    #[must_use]
    pub fn map_weights(&self, weigh: impl Fn(usize, usize, f32) -> f32) -> Self {
        let mut mapped = self.clone();
        for row in 0..self.n_rows {
            for at in self.starts[row]..self.starts[row + 1] {
                mapped.weights[at] = weigh(row, self.columns[at] as usize, self.weights[at]);
            }
        }
        mapped
    }

    /// Only the entries for which `keep(row, column)` holds; the shape stays.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(usize, u32) -> bool) -> Self {
        let rows = self.rows().enumerate().map(|(row, entries)| {
            let kept = entries.columns.iter().zip(entries.weights).filter(|&(&column, _)| keep(row, column));
            kept.map(|(&column, &weight)| (column, weight)).collect()
        });
        Self::from_ascending_rows(self.n_columns, rows)
    }

    /// Rows whose columns are already ascending, unique and in bounds, with weights of zero or more.
    pub(crate) fn from_ascending_rows(n_columns: usize, rows: impl IntoIterator<Item = Vec<(u32, f32)>>) -> Self {
        let mut matrix = Self { n_rows: 0, n_columns, starts: vec![0], columns: Vec::new(), weights: Vec::new() };
        rows.into_iter().for_each(|row| matrix.push_ascending_row(&row));
        matrix
    }

    /// Adds a row below; its columns must be ascending, unique and in bounds, its weights zero or more.
    pub(crate) fn push_ascending_row(&mut self, row: &[(u32, f32)]) {
        debug_assert!(row.windows(2).all(|pair| pair[0].0 < pair[1].0), "columns must ascend");
        self.columns.extend(row.iter().map(|&(column, _)| column));
        self.weights.extend(row.iter().map(|&(_, weight)| weight));
        self.starts.push(self.columns.len());
        self.n_rows += 1;
    }

    /// The rows of `parts`, each of `n_columns` columns, one part below another.
    pub(crate) fn one_below_another(n_columns: usize, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self { n_rows: 0, n_columns, starts: vec![0], columns: Vec::new(), weights: Vec::new() };
        for part in parts {
            let before = all.columns.len();
            all.starts.extend(part.starts[1..].iter().map(|start| before + start));
            all.columns.extend_from_slice(&part.columns);
            all.weights.extend_from_slice(&part.weights);
            all.n_rows += part.n_rows;
        }
        all
    }
}
