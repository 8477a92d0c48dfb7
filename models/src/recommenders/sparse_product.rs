//! Products of sparse matrices, one row at a time in a dense accumulator.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::UserItems;

/// A sparse sum of rows: dense values and the list of columns that are not zero.
#[derive(Debug, Clone)]
pub(crate) struct Accumulator {
    sums: Vec<f32>,
    touched: Vec<u32>,
}

impl Accumulator {
    pub(crate) fn new(n_columns: usize) -> Self {
        Self { sums: vec![0.0; n_columns], touched: Vec::new() }
    }

    /// Adds `factor` times a row of `matrix`; both must be zero or more, so that a sum once touched stays above zero.
    pub(crate) fn add_row(&mut self, matrix: &UserItems, row: usize, factor: f32) {
        for (column, weight) in matrix.row(row).iter() {
            let value = factor * weight;
            if value > 0.0 {
                let sum = &mut self.sums[column];
                if *sum == 0.0 {
                    self.touched.push(column as u32);
                }
                *sum += value;
            }
        }
    }

    /// Takes the entries out, in the order in which they were first touched, and leaves the accumulator empty.
    pub(crate) fn drain(&mut self, into: &mut Vec<(u32, f32)>) {
        into.clear();
        for column in self.touched.drain(..) {
            into.push((column, std::mem::take(&mut self.sums[column as usize])));
        }
    }
}

/// Accumulators that wait for the next member to be scored, so that scoring does not allocate.
#[derive(Debug)]
pub(crate) struct AccumulatorPool {
    n_columns: usize,
    spare: Mutex<Vec<Accumulator>>,
}

impl AccumulatorPool {
    pub(crate) fn new(n_columns: usize) -> Self {
        Self { n_columns, spare: Mutex::default() }
    }

    /// The entries that `fill` adds up.
    pub(crate) fn sum(&self, fill: impl FnOnce(&mut Accumulator)) -> Vec<(u32, f32)> {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut accumulator = spare.unwrap_or_else(|| Accumulator::new(self.n_columns));
        fill(&mut accumulator);
        let mut entries = Vec::new();
        accumulator.drain(&mut entries);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(accumulator);
        }
        entries
    }
}

/// The rows of `left · right`, each passed through `reduce(row, entries)`, which may reweigh and drop entries.
///
/// Entries reach `reduce` in no particular order and may leave it so.
pub(crate) fn product_rows(
    left: &UserItems,
    right: &UserItems,
    reduce: impl Fn(usize, &mut Vec<(u32, f32)>) + Sync,
) -> UserItems {
    let rows: Vec<Vec<(u32, f32)>> = (0..left.n_rows())
        .into_par_iter()
        .map_init(
            || (Accumulator::new(right.n_columns()), Vec::new()),
            |(accumulator, entries), row| {
                for (inner, weight) in left.row(row).iter() {
                    accumulator.add_row(right, inner, weight);
                }
                accumulator.drain(entries);
                reduce(row, entries);
                entries.sort_unstable_by_key(|&(column, _)| column);
                entries.clone()
            },
        )
        .collect();
    UserItems::from_ascending_rows(right.n_columns(), rows)
}

/// Keeps the `k` largest entries, ties by ascending column; the order of what is left is not specified.
pub(crate) fn keep_largest(entries: &mut Vec<(u32, f32)>, k: usize) {
    if k == 0 {
        entries.clear();
    } else if entries.len() > k {
        entries.select_nth_unstable_by(k - 1, |left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        entries.truncate(k);
    }
}
