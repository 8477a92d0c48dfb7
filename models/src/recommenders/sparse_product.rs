//! Products of sparse matrices, one row at a time in a dense accumulator.

use std::convert::Infallible;
use std::sync::Mutex;

use crate::UserItems;
use crate::matrix::collect_rows;

/// A sparse sum of rows: dense values and the list of non-zero columns.
#[derive(Debug, Clone)]
pub(crate) struct Accumulator {
    sums: Vec<f32>,
    /// The first `n_touched` elements are the columns in use. One element longer than the number of columns.
    touched: Vec<u32>,
    n_touched: usize,
}

impl Accumulator {
    pub(crate) fn new(n_columns: usize) -> Self {
        Self { sums: vec![0.0; n_columns], touched: vec![0; n_columns + 1], n_touched: 0 }
    }

    /// Adds `factor` times a row of `matrix`. Both must be non-negative, so that a touched sum stays above zero.
    pub(crate) fn add_row(&mut self, matrix: &UserItems, row: usize, factor: f32) {
        for (column, weight) in matrix.row(row).iter() {
            let value = factor * weight;
            let sum = &mut self.sums[column];
            // Written unconditionally, because a branch on whether the column is new would be unpredictable.
            self.touched[self.n_touched] = column as u32;
            self.n_touched += usize::from((*sum == 0.0) & (value > 0.0));
            *sum += value;
        }
    }

    /// Moves the entries out in the order in which they were first touched, and leaves the accumulator empty.
    pub(crate) fn drain(&mut self, into: &mut Vec<(u32, f32)>) {
        into.clear();
        let touched = self.touched[..std::mem::take(&mut self.n_touched)].iter();
        into.extend(touched.map(|&column| (column, std::mem::take(&mut self.sums[column as usize]))));
    }
}

/// A pool of accumulators, so that scoring does not allocate.
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
        let mut entries = Vec::new();
        self.sum_into(&mut entries, fill);
        entries
    }

    /// Sums like [`sum`](Self::sum), into a buffer that the next call reuses.
    fn sum_into(&self, entries: &mut Vec<(u32, f32)>, fill: impl FnOnce(&mut Accumulator)) {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut accumulator = spare.unwrap_or_else(|| Accumulator::new(self.n_columns));
        fill(&mut accumulator);
        accumulator.drain(entries);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(accumulator);
        }
    }
}

/// Computes the rows of `left · right` and passes each to `reduce(row, entries)`, which may change and drop entries.
///
/// The entries are in no particular order, before and after `reduce`.
pub(crate) fn product_rows(
    left: &UserItems,
    right: &UserItems,
    reduce: impl Fn(usize, &mut Vec<(u32, f32)>) + Sync,
) -> UserItems {
    let accumulators = AccumulatorPool::new(right.n_columns());
    let Ok(product) = collect_rows(left.n_rows(), right.n_columns(), |row, entries| {
        accumulators.sum_into(entries, |accumulator| {
            left.row(row).iter().for_each(|(inner, weight)| accumulator.add_row(right, inner, weight));
        });
        reduce(row, entries);
        entries.sort_unstable_by_key(|&(column, _)| column);
        Ok::<(), Infallible>(())
    });
    product
}

/// Keeps the `k` largest entries, in no particular order. Ties go to the lower column.
pub(crate) fn keep_largest(entries: &mut Vec<(u32, f32)>, k: usize) {
    if k == 0 {
        entries.clear();
        return;
    }
    // Candidates for the largest entries are moved to the front; smaller entries are compared only once.
    let room = 2 * k + 64;
    let (mut kept, mut least) = (0, f32::NEG_INFINITY);
    for at in 0..entries.len() {
        if entries[at].1 >= least {
            entries[kept] = entries[at];
            kept += 1;
            if kept == room {
                kept = k;
                least = select(&mut entries[..room], k);
            }
        }
    }
    if kept > k {
        select(&mut entries[..kept], k);
        kept = k;
    }
    entries.truncate(kept);
}

/// Moves the `k` largest entries to the front and returns the smallest of them.
fn select(entries: &mut [(u32, f32)], k: usize) -> f32 {
    let largest_first = |left: &(u32, f32), right: &(u32, f32)| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0));
    entries.select_nth_unstable_by(k - 1, largest_first).1.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_entries_are_kept_and_ties_go_to_the_lower_column() {
        // Many more entries than the buffer at the front, with many ties, in an order other than that of the columns.
        let entries: Vec<(u32, f32)> = (0..5000_u32).map(|n| (n * 7919 % 5000, (n * 31 % 97 / 3) as f32)).collect();
        for k in [0, 1, 7, 100, 4999, 5000, 6000] {
            let mut sorted = entries.clone();
            sorted.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
            sorted.truncate(k);
            let mut kept = entries.clone();
            keep_largest(&mut kept, k);
            kept.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
            assert_eq!(kept, sorted, "{k}");
        }
    }
}
