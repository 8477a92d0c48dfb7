//! Builds a matrix by counting the entries and then placing them, without an intermediate copy of all events.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::UserItems;
use crate::error::ModelError;

/// Largest weight. Squares and sums of such weights over all entries stay within single precision.
pub(crate) const MAX_WEIGHT: f32 = 1e12;
/// Rows processed by one thread at a time.
const BLOCK: usize = 64;
/// Rows built in parallel before they are appended to the matrix.
const BATCH: usize = 256 * BLOCK;

type Entry = (u32, f32);

impl UserItems {
    /// Builds the matrix from `(row, column, weight)` in any order. Weights of repeated pairs are added in the order
    /// given.
    ///
    /// [`from_passes`](Self::from_passes) and [`from_rows`](Self::from_rows) need less memory if the triplets can be
    /// produced twice or by row.
    ///
    /// # Errors
    /// [`ModelError::OutOfBounds`] for an index outside the shape, [`ModelError::BadWeight`] if a weight, or the sum of
    /// a repeated pair's weights, is not a number from 0 to 10¹².
    pub fn from_triplets(
        n_rows: usize,
        n_columns: usize,
        triplets: impl IntoIterator<Item = (u32, u32, f32)>,
    ) -> Result<Self, ModelError> {
        let entries: Vec<(u32, u32, f32)> = triplets.into_iter().collect();
        Self::from_passes(n_rows, n_columns, || entries.iter().copied())
    }

    /// Builds the matrix like [`from_triplets`](Self::from_triplets), but calls `entries` twice: the first pass counts
    /// the entries, the second places them. Both passes must yield the same entries. Memory: the 8 bytes of each entry
    /// of the matrix.
    ///
    /// # Errors
    /// As [`from_triplets`](Self::from_triplets).
    pub fn from_passes<I: Iterator<Item = (u32, u32, f32)>>(
        n_rows: usize,
        n_columns: usize,
        entries: impl Fn() -> I,
    ) -> Result<Self, ModelError> {
        let mut starts = vec![0; n_rows + 1];
        for (row, column, weight) in entries() {
            check(n_rows, n_columns, row as usize, (column, weight))?;
            starts[row as usize + 1] += 1;
        }
        for row in 0..n_rows {
            starts[row + 1] += starts[row];
        }
        let (mut columns, mut weights) = (vec![0; starts[n_rows]], vec![0.0; starts[n_rows]]);
        let mut next = starts.clone();
        for (row, column, weight) in entries() {
            let at = &mut next[row as usize];
            (columns[*at], weights[*at]) = (column, weight);
            *at += 1;
        }
        let blocks: Vec<_> =
            row_blocks(&starts, &mut columns).into_iter().zip(row_blocks(&starts, &mut weights)).collect();
        let sorted: Vec<Result<Vec<usize>, ModelError>> = blocks
            .into_par_iter()
            .map(|((rows, columns), (_, weights))| sort_block(&starts, rows, columns, weights))
            .collect();
        let mut lengths = Vec::with_capacity(n_rows);
        for block in sorted {
            lengths.extend(block?);
        }
        compact(&mut starts, &lengths, &mut columns, &mut weights);
        Ok(Self::from_parts(n_columns, starts, columns, weights))
    }

    /// Builds the matrix row by row in parallel. `fill(row, entries)` appends the row's columns and weights, in any
    /// order, to the empty `entries`. Weights of repeated columns are added in the order given.
    ///
    /// # Errors
    /// As [`from_triplets`](Self::from_triplets).
    pub fn from_rows(
        n_rows: usize,
        n_columns: usize,
        fill: impl Fn(usize, &mut Vec<(u32, f32)>) + Sync,
    ) -> Result<Self, ModelError> {
        collect_rows(n_rows, n_columns, |row, entries| {
            fill(row, entries);
            entries.iter().try_for_each(|&entry| check(n_rows, n_columns, row, entry))?;
            sort_and_merge(row, entries)
        })
    }

    /// `starts` must be ascending, and `columns` ascending within each row.
    pub(super) fn from_parts(n_columns: usize, starts: Vec<usize>, columns: Vec<u32>, weights: Vec<f32>) -> Self {
        debug_assert!(
            starts.windows(2).all(|row| columns[row[0]..row[1]].is_sorted_by(|left, right| left < right)),
            "columns must ascend"
        );
        let (columns, weights) = (Arc::new(columns), Arc::new(weights));
        Self { n_rows: starts.len() - 1, n_columns, starts: Arc::new(starts), columns, weights }
    }

    /// Builds a matrix from rows whose columns are ascending, unique and in bounds, with non-negative weights.
    pub(crate) fn from_ascending_rows(n_columns: usize, rows: impl IntoIterator<Item = Vec<Entry>>) -> Self {
        let (mut starts, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        for row in rows {
            columns.extend(row.iter().map(|&(column, _)| column));
            weights.extend(row.iter().map(|&(_, weight)| weight));
            starts.push(columns.len());
        }
        Self::from_parts(n_columns, starts, columns, weights)
    }

    /// Stacks the rows of `parts`, each with `n_columns` columns.
    pub(crate) fn vstack(n_columns: usize, parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut starts, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        for part in parts {
            let before = columns.len();
            starts.extend(part.starts[1..].iter().map(|start| before + start));
            columns.extend_from_slice(&part.columns);
            weights.extend_from_slice(&part.weights);
        }
        Self::from_parts(n_columns, starts, columns, weights)
    }
}

/// Collects the rows that `fill` writes. They must be ascending, unique and in bounds, with non-negative weights.
///
/// Rows are built in parallel and appended in order, a batch at a time, so that the matrix never exists twice.
pub(crate) fn collect_rows<E: Send>(
    n_rows: usize,
    n_columns: usize,
    fill: impl Fn(usize, &mut Vec<Entry>) -> Result<(), E> + Sync,
) -> Result<UserItems, E> {
    let (mut starts, mut columns, mut weights) = (Vec::with_capacity(n_rows + 1), Vec::new(), Vec::new());
    starts.push(0);
    for batch in (0..n_rows).step_by(BATCH) {
        let blocks = (batch..(batch + BATCH).min(n_rows)).step_by(BLOCK).collect::<Vec<usize>>();
        let blocks: Vec<Result<Rows, E>> = blocks
            .into_par_iter()
            .map(|from| {
                let (mut rows, mut entries) = (Rows::default(), Vec::new());
                for row in from..(from + BLOCK).min(n_rows) {
                    entries.clear();
                    fill(row, &mut entries)?;
                    rows.push(&entries);
                }
                Ok(rows)
            })
            .collect();
        for block in blocks {
            let block = block?;
            let before = columns.len();
            starts.extend(block.ends.iter().map(|end| before + end));
            columns.extend_from_slice(&block.columns);
            weights.extend_from_slice(&block.weights);
        }
    }
    columns.shrink_to_fit();
    weights.shrink_to_fit();
    Ok(UserItems::from_parts(n_columns, starts, columns, weights))
}

#[derive(Default)]
struct Rows {
    ends: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl Rows {
    fn push(&mut self, row: &[Entry]) {
        self.columns.extend(row.iter().map(|&(column, _)| column));
        self.weights.extend(row.iter().map(|&(_, weight)| weight));
        self.ends.push(self.columns.len());
    }
}

/// Splits the values of all rows into blocks of consecutive rows, and returns each block with its range of rows.
pub(crate) fn row_blocks<'a, T>(starts: &[usize], mut values: &'a mut [T]) -> Vec<(Range<usize>, &'a mut [T])> {
    let n_rows = starts.len() - 1;
    let mut blocks = Vec::with_capacity(n_rows.div_ceil(BLOCK));
    for from in (0..n_rows).step_by(BLOCK) {
        let rows = from..(from + BLOCK).min(n_rows);
        let (block, rest) = values.split_at_mut(starts[rows.end] - starts[rows.start]);
        blocks.push((rows, block));
        values = rest;
    }
    blocks
}

/// Sorts and merges the entries of each row of a block, and returns the number of entries left in each row.
fn sort_block(
    starts: &[usize],
    rows: Range<usize>,
    columns: &mut [u32],
    weights: &mut [f32],
) -> Result<Vec<usize>, ModelError> {
    let (first, mut entries) = (starts[rows.start], Vec::new());
    let of_row = |row: usize| {
        let range = starts[row] - first..starts[row + 1] - first;
        if columns[range.clone()].is_sorted_by(|left, right| left < right) {
            return Ok(range.len());
        }
        entries.clear();
        entries.extend(columns[range.clone()].iter().copied().zip(weights[range.clone()].iter().copied()));
        sort_and_merge(row, &mut entries)?;
        for (at, &(column, weight)) in range.zip(&entries) {
            (columns[at], weights[at]) = (column, weight);
        }
        Ok(entries.len())
    };
    rows.map(of_row).collect()
}

/// Sorts a row's entries by column and adds the weights of repeated columns.
fn sort_and_merge(row: usize, entries: &mut Vec<Entry>) -> Result<(), ModelError> {
    // A stable sort, so that weights of repeated columns are added in the order given.
    entries.sort_by_key(|&(column, _)| column);
    let mut too_heavy = None;
    entries.dedup_by(|entry, sum| {
        let same = entry.0 == sum.0;
        if same {
            sum.1 += entry.1;
            if sum.1 > MAX_WEIGHT && too_heavy.is_none() {
                too_heavy = Some(*sum);
            }
        }
        same
    });
    match too_heavy {
        Some((column, weight)) => Err(ModelError::BadWeight { row, column: column as usize, weight }),
        None => Ok(()),
    }
}

/// Closes the gaps that merged entries left between rows.
fn compact(starts: &mut [usize], lengths: &[usize], columns: &mut Vec<u32>, weights: &mut Vec<f32>) {
    let mut end = 0;
    for (row, &length) in lengths.iter().enumerate() {
        let from = std::mem::replace(&mut starts[row], end);
        if from != end {
            columns.copy_within(from..from + length, end);
            weights.copy_within(from..from + length, end);
        }
        end += length;
    }
    if let Some(last) = starts.last_mut() {
        *last = end;
    }
    if end < columns.len() {
        columns.truncate(end);
        columns.shrink_to_fit();
        weights.truncate(end);
        weights.shrink_to_fit();
    }
}

fn check(rows: usize, columns: usize, row: usize, (column, weight): Entry) -> Result<(), ModelError> {
    let column = column as usize;
    if row >= rows || column >= columns {
        return Err(ModelError::OutOfBounds { row, column, rows, columns });
    }
    if !(0.0..=MAX_WEIGHT).contains(&weight) {
        return Err(ModelError::BadWeight { row, column, weight });
    }
    Ok(())
}
