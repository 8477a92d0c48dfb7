//! Limits very long histories. The number of item pairs grows with the square of a history's length, and such accounts
//! (a shared terminal, a member who opens everything) carry little information about which items belong together.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::UserItems;

/// Default `history_cap` of models that compare items: longer than the longest histories of most public data sets.
pub(crate) const HISTORY_CAP: usize = 1000;

const SEED: u64 = 0;

/// Keeps at most `most` entries of each member; 0 keeps all. Longer histories are sampled at random, depending only on
/// the member's row and the length of the history.
pub(crate) fn cap_histories(interactions: &UserItems, most: usize) -> UserItems {
    let heavy: Vec<(usize, Vec<u32>)> = interactions
        .rows()
        .enumerate()
        .filter(|(_, row)| most > 0 && row.len() > most)
        .map(|(user, row)| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            rng.set_stream(user as u64);
            let mut kept: Vec<u32> = sample(&mut rng, row.len(), most).into_iter().map(|at| row.columns[at]).collect();
            kept.sort_unstable();
            (user, kept)
        })
        .collect();
    if heavy.is_empty() {
        return interactions.clone();
    }
    interactions.filter(|user, item| match heavy.binary_search_by_key(&user, |&(user, _)| user) {
        Ok(at) => heavy[at].1.binary_search(&item).is_ok(),
        Err(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_histories_above_the_cap_are_sampled() {
        let length = |user: u32| if user % 10 == 3 { 900 } else { 5 + user % 20 };
        let entries = (0..100_u32).flat_map(|user| (0..length(user)).map(move |n| (user, (n * 7 + user) % 1000, 2.0)));
        let matrix = UserItems::from_triplets(100, 1000, entries).expect("entries within the shape");
        let kept = cap_histories(&matrix, 50);
        for (user, (before, after)) in matrix.rows().zip(kept.rows()).enumerate() {
            if before.len() <= 50 {
                assert_eq!(before, after, "member {user}");
            } else {
                assert_eq!(after.len(), 50, "member {user}");
                assert!(after.columns.iter().all(|&item| before.contains(item)), "member {user}");
            }
        }
        assert_ne!(kept.row(3).columns, kept.row(13).columns, "each member has a sample of its own");
        let (lowest, highest) = (kept.row(3).columns[0], kept.row(3).columns[49]);
        assert!(lowest < 200 && highest > 800, "the sample spreads over the history: {lowest} to {highest}");
        assert_eq!(cap_histories(&matrix, 0), matrix);
        assert_eq!(cap_histories(&matrix, 900), matrix);
    }
}
