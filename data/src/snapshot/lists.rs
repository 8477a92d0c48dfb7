//! Rows of variable length, stored in flat columns.

use serde::{Deserialize, Serialize};

use super::stored_bytes::reals;

/// Rows of indices: row `r` is `values[starts[r]..starts[r + 1]]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Lists {
    starts: Vec<u64>,
    values: Vec<u32>,
}

impl Lists {
    /// Packs rows in order.
    #[must_use]
    pub fn from_rows<R: AsRef<[u32]>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut lists = Self { starts: vec![0], values: Vec::new() };
        for row in rows {
            lists.values.extend_from_slice(row.as_ref());
            lists.starts.push(lists.values.len() as u64);
        }
        lists
    }

    /// The values of one row; empty for an unknown row.
    #[must_use]
    #[inline]
    pub fn row(&self, row: usize) -> &[u32] {
        match (self.starts.get(row), self.starts.get(row + 1)) {
            (Some(&start), Some(&end)) => &self.values[start as usize..end as usize],
            _ => &[],
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether the offsets ascend from 0 to the number of values, and all values are below `bound`.
    pub(super) fn is_sound(&self, n_rows: usize, bound: usize) -> bool {
        starts_are_sound(&self.starts, n_rows, self.values.len())
            && self.values.iter().all(|&value| (value as usize) < bound)
    }
}

/// Rows of `(column, value)`: a sparse matrix.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SparseRows {
    starts: Vec<u64>,
    columns: Vec<u32>,
    #[serde(with = "reals")]
    values: Vec<f32>,
}

impl SparseRows {
    /// Packs rows in order.
    #[must_use]
    pub fn from_rows<R: AsRef<[(u32, f32)]>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut sparse = Self { starts: vec![0], columns: Vec::new(), values: Vec::new() };
        for row in rows {
            for &(column, value) in row.as_ref() {
                sparse.columns.push(column);
                sparse.values.push(value);
            }
            sparse.starts.push(sparse.columns.len() as u64);
        }
        sparse
    }

    /// Columns and values of one row; empty for an unknown row.
    #[must_use]
    #[inline]
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        match (self.starts.get(row), self.starts.get(row + 1)) {
            (Some(&start), Some(&end)) => {
                (&self.columns[start as usize..end as usize], &self.values[start as usize..end as usize])
            }
            _ => (&[], &[]),
        }
    }

    /// Iterates over pairs of column and value of one row.
    #[inline]
    pub fn pairs(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let (columns, values) = self.row(row);
        columns.iter().copied().zip(values.iter().copied())
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub(super) fn is_sound(&self, n_rows: usize, bound: usize) -> bool {
        starts_are_sound(&self.starts, n_rows, self.columns.len())
            && self.columns.len() == self.values.len()
            && self.columns.iter().all(|&column| (column as usize) < bound)
    }
}

pub(super) fn starts_are_sound(starts: &[u64], n_rows: usize, n_values: usize) -> bool {
    if n_rows == 0 && starts.is_empty() {
        return n_values == 0;
    }
    starts.len() == n_rows + 1
        && starts.first() == Some(&0)
        && starts.last() == Some(&(n_values as u64))
        && starts.windows(2).all(|pair| pair[0] <= pair[1])
}

/// The values of a row; empty for an unknown row.
#[inline]
pub(super) fn range(starts: &[u64], row: usize) -> std::ops::Range<usize> {
    match (starts.get(row), starts.get(row + 1)) {
        (Some(&start), Some(&end)) => start as usize..end as usize,
        _ => 0..0,
    }
}
