//! Detects whether the order of columns carries information, from how often neighbouring columns occur together.

use crate::{Row, UserItems};

/// Number of members with both column n and column n + 1, summed over n, divided by the number expected under
/// independence.
///
/// Ids are often assigned in the order of appearance in a file, so the first member of a column also has its
/// neighbours. Such a member is not counted for that column. Returns 1 for independence and 0 without common entries.
pub(crate) fn adjacent_column_lift(interactions: &UserItems) -> f64 {
    let mut first = vec![usize::MAX; interactions.n_columns()];
    for (row, entries) in interactions.rows().enumerate() {
        entries.columns.iter().for_each(|&column| first[column as usize] = first[column as usize].min(row));
    }
    let introduces = |row: usize, column: u32| first[column as usize] == row;
    let together = |(row, entries): (usize, Row<'_>)| {
        let pairs = entries.columns.windows(2).filter(|pair| pair[0] + 1 == pair[1]);
        pairs.filter(|pair| !introduces(row, pair[0]) && !introduces(row, pair[1])).count()
    };
    let observed: usize = interactions.rows().enumerate().map(together).sum();
    let counts: Vec<f64> = interactions.column_counts().into_iter().map(f64::from).collect();
    let chances: f64 = counts.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let lengths = interactions.rows().map(|row| row.len() as f64);
    let (sum, squares) = lengths.fold((0.0, 0.0), |(sum, squares), length| (sum + length, squares + length * length));
    if chances > 0.0 { observed as f64 * sum * sum / (chances * squares) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_columns_have_a_high_lift() {
        let lift = |step: u32| {
            let pairs =
                (0..200_u32).flat_map(move |user| (0..5).map(move |n| (user, (user * 7 + n * step) % 100, 1.0)));
            adjacent_column_lift(&UserItems::from_triplets(200, 100, pairs).unwrap_or_else(|error| panic!("{error}")))
        };
        assert!(lift(1) > 5.0, "{}", lift(1));
        assert!(lift(37) < 0.5, "{}", lift(37));
    }
}
