//! Splits partition the entries, and transposing preserves a matrix.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use zhihui_models::UserItems;
use zhihui_models::evaluation::{Event, hold_out, hold_out_latest, hold_out_runs, time_cut};
use zhihui_models::recommenders::sequence_knn::Sequences;

fn matrix(pairs: &[(u32, u32)]) -> UserItems {
    UserItems::from_triplets(12, 30, pairs.iter().map(|&(user, item)| (user, item, 1.0))).unwrap()
}

fn entries(matrix: &UserItems) -> Vec<(usize, usize, f32)> {
    let rows = matrix.rows().enumerate();
    rows.flat_map(|(user, row)| row.iter().map(move |(item, weight)| (user, item, weight))).collect()
}

proptest! {
    #[test]
    fn hold_out_partitions_entries_and_keeps_one_for_each_member(
        pairs in prop::collection::vec((0_u32..12, 0_u32..30), 0..200),
        share in 0.0_f64..1.0,
        seed: u64,
    ) {
        let whole = matrix(&pairs);
        for (split, again) in [
            (hold_out(&whole, share, seed), hold_out(&whole, share, seed)),
            (hold_out_runs(&whole, share, seed), hold_out_runs(&whole, share, seed)),
        ] {
        prop_assert_eq!(&again, &split);
        let mut both = entries(&split.train);
        both.extend(entries(&split.test));
        both.sort_by_key(|&(user, item, _)| (user, item));
        prop_assert_eq!(both, entries(&whole));
        for user in 0..12 {
            let (all, held) = (whole.row(user).len(), split.test.row(user).len());
            prop_assert_eq!(split.train.row(user).is_empty(), all == 0);
            prop_assert!((held as f64) < share * all as f64 + 1.0);
        }
        }
    }

    #[test]
    fn transposing_twice_changes_nothing(pairs in prop::collection::vec((0_u32..12, 0_u32..30), 0..200)) {
        let matrix = matrix(&pairs);
        prop_assert_eq!(matrix.transpose().transpose(), matrix);
    }
}

#[test]
fn hold_out_takes_the_requested_share() {
    // A tenth of seven entries is less than one, so most members lose none and some lose one.
    let pairs = (0..3000).flat_map(|user| (0..7).map(move |item| (user, item, 1.0)));
    let whole = UserItems::from_triplets(3000, 7, pairs).unwrap();
    let held = hold_out(&whole, 0.1, 5).test.n_entries() as f64;
    assert!((held / 2100.0 - 1.0).abs() < 0.05, "{held}");
}

#[test]
fn runs_consist_of_neighbouring_columns() {
    let pairs: Vec<(u32, u32)> = (0..12).flat_map(|user| (0..10).map(move |n| (user, 2 * n + user % 3))).collect();
    let whole = matrix(&pairs);
    let split = hold_out_runs(&whole, 0.3, 8);
    for user in 0..12 {
        let (all, held) = (whole.row(user).columns, split.test.row(user).columns);
        let places: Vec<usize> = held.iter().filter_map(|item| all.iter().position(|other| other == item)).collect();
        let gaps = places.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
        // A run that wraps around has one gap and contains both ends.
        assert!(gaps == 0 || (gaps == 1 && places[0] == 0 && places.last() == Some(&9)), "{places:?}");
        assert_eq!(held.len(), 3);
    }
}

#[test]
fn latest_entries_are_held_out() {
    let visits = [(0, 4, 50), (0, 2, 10), (0, 9, 40), (0, 7, 30), (0, 4, 20)];
    let sequences = Sequences::from_events(12, 30, visits).unwrap();
    let whole = matrix(&[(0, 2), (0, 4), (0, 7), (0, 9)]);
    let split = hold_out_latest(&whole, &sequences, 0.5, 1);
    assert_eq!(split.test.row(0).columns, [4, 9]);
    assert_eq!(sequences.restrict(&split.train).of(0), [2, 7]);
}

#[test]
fn time_cut_is_half_open_and_tests_new_items_only() {
    let event = |user, item, at| Event { user, item, weight: 1.0, at };
    let events = [event(0, 1, 9), event(0, 1, 10), event(0, 2, 10), event(0, 3, 19), event(0, 4, 20), event(1, 5, 15)];
    let split = time_cut(2, 6, &events, 10, 20).unwrap();
    assert_eq!(entries(&split.train), [(0, 1, 1.0)]);
    assert_eq!(entries(&split.test), [(0, 2, 1.0), (0, 3, 1.0), (1, 5, 1.0)]);
}
