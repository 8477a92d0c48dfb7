//! Reorders the matrix so that similar rows and columns are adjacent. Consecutive rows then need the same vectors,
//! which are still in cache. Without reordering, a fit with many factors waits for memory a third of its time.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::ridge::MAX_EXACT_ENTRIES;
use crate::UserItems;

/// Rounds of averaging from random positions. Each round spreads similarity by one step.
const ROUNDS: usize = 16;

/// The reordered entries. On both sides, rows with many entries come first.
pub(super) struct Reordered {
    pub(super) by_user: UserItems,
    pub(super) by_item: UserItems,
    /// The original item of each column of `by_user`.
    pub(super) items: Vec<u32>,
}

impl Reordered {
    pub(super) fn new(matrix: &UserItems) -> Self {
        let transposed = matrix.transpose();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut items: Vec<f32> = (0..matrix.n_columns()).map(|_| rng.gen_range(-1.0..1.0)).collect();
        let mut users = Vec::new();
        for _ in 0..ROUNDS {
            users = averages(matrix, &items);
            items = averages(&transposed, &users);
        }
        let (users, items) = (order(matrix, &users), order(&transposed, &items));
        let mut place_of_user = vec![0; users.len()];
        users.iter().enumerate().for_each(|(place, &user)| place_of_user[user as usize] = place as u32);
        let by_item = transposed.reordered(&items, &place_of_user);
        drop(transposed);
        Self { by_user: by_item.transpose(), by_item, items }
    }
}

/// The mean position of each row's columns, standardised.
fn averages(matrix: &UserItems, places: &[f32]) -> Vec<f32> {
    let mean_of = |row: usize| {
        let row = matrix.row(row);
        row.columns.iter().map(|&column| places[column as usize]).sum::<f32>() / row.len().max(1) as f32
    };
    let mut means: Vec<f32> = (0..matrix.n_rows()).into_par_iter().map(mean_of).collect();
    let lengths = matrix.n_entries() as f32;
    let mean = matrix.rows().zip(&means).map(|(row, mean)| row.len() as f32 * mean).sum::<f32>() / lengths;
    let spread = means.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / means.len() as f32;
    let scale = 1.0 / spread.sqrt().max(f32::MIN_POSITIVE);
    means.iter_mut().for_each(|value| *value = (*value - mean) * scale);
    means
}

/// Rows with many entries first, similar rows adjacent.
fn order(matrix: &UserItems, places: &[f32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..places.len() as u32).collect();
    let few = |row: u32| matrix.row(row as usize).len() <= MAX_EXACT_ENTRIES;
    order.par_sort_by(|&a, &b| few(a).cmp(&few(b)).then(places[a as usize].total_cmp(&places[b as usize])));
    order
}
