//! Matrices, sequences and popularity built in passes equal those built by sorting all events.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use proptest::prelude::{prop, prop_assert_eq, proptest};
use zhihui_models::catalogue::TrainingData;
use zhihui_models::evaluation::Event;
use zhihui_models::profile::popularity::{GroupEvent, GroupPopularity};
use zhihui_models::recommenders::sequence_knn::Sequences;
use zhihui_models::{ModelError, UserItems};

const USERS: usize = 400;
const ITEMS: usize = 50;

type Triplet = (u32, u32, f32);

/// Rows by a stable sort. Weights of repeated pairs are added one after another in single precision.
fn sorted(triplets: &[Triplet]) -> Vec<Vec<(u32, f32)>> {
    let mut sorted = triplets.to_vec();
    sorted.sort_by_key(|&(row, column, _)| (row, column));
    let mut rows: Vec<Vec<(u32, f32)>> = vec![Vec::new(); USERS];
    for (row, column, weight) in sorted {
        match rows[row as usize].last_mut() {
            Some((last, sum)) if *last == column => *sum += weight,
            _ => rows[row as usize].push((column, weight)),
        }
    }
    rows
}

fn rows(matrix: &UserItems) -> Vec<Vec<(u32, u32)>> {
    let row = |row: zhihui_models::Row<'_>| {
        row.columns.iter().zip(row.weights).map(|(&column, weight)| (column, weight.to_bits())).collect()
    };
    matrix.rows().map(row).collect()
}

fn bits(rows: Vec<Vec<(u32, f32)>>) -> Vec<Vec<(u32, u32)>> {
    rows.into_iter().map(|row| row.into_iter().map(|(column, weight)| (column, weight.to_bits())).collect()).collect()
}

proptest! {
    #[test]
    fn all_constructors_build_the_same_matrix(
        triplets in prop::collection::vec((0..USERS as u32, 0..ITEMS as u32, 0.0_f32..3.0), 0..3000),
    ) {
        let expected = bits(sorted(&triplets));
        let from_triplets = UserItems::from_triplets(USERS, ITEMS, triplets.iter().copied()).unwrap();
        prop_assert_eq!(&rows(&from_triplets), &expected);
        let mut by_row: Vec<Vec<(u32, f32)>> = vec![Vec::new(); USERS];
        triplets.iter().for_each(|&(row, column, weight)| by_row[row as usize].push((column, weight)));
        let from_rows = UserItems::from_rows(USERS, ITEMS, |row, entries| entries.extend(&by_row[row])).unwrap();
        prop_assert_eq!(from_rows, from_triplets);
    }

    #[test]
    fn sequences_equal_sorted_events(
        events in prop::collection::vec((0..USERS as u32, 0..ITEMS as u32, -20_i64..20), 0..3000),
    ) {
        let sequences = Sequences::from_events(USERS, ITEMS, events.iter().copied()).unwrap();
        let mut sorted = events;
        sorted.sort_by_key(|&(user, item, at)| (user, at, item));
        for user in 0..USERS {
            let expected: Vec<u32> =
                sorted.iter().filter(|event| event.0 as usize == user).map(|event| event.1).collect();
            prop_assert_eq!(sequences.of(user), &expected);
        }
    }

    #[test]
    fn data_as_of_a_time_contain_earlier_events_only(
        events in prop::collection::vec((0..USERS as u32, 0..ITEMS as u32, -50_i64..50), 1..1500),
        now in -60_i64..60,
        share in 0.0_f64..1.0,
    ) {
        let event = |&(user, item, at): &(u32, u32, i64)| Event { user, item, weight: 1.0, at };
        let events: Vec<Event> = events.iter().map(event).collect();
        let before: Vec<Event> = events.iter().filter(|event| event.at < now).copied().collect();
        let (shared, alone) = (
            TrainingData::as_of(now, USERS, ITEMS, events).unwrap(),
            TrainingData::from_events(USERS, ITEMS, &before).unwrap(),
        );
        prop_assert_eq!(&shared.interactions, &alone.interactions);
        prop_assert_eq!(&shared.sequences, &alone.sequences);
        let mut times: Vec<i64> = before.iter().map(|event| event.at).collect();
        times.sort_unstable();
        let cut = times.get(((1.0 - share) * times.len() as f64).floor() as usize).copied();
        let expected = cut.map(|cut| {
            let (known, later): (Vec<Event>, Vec<Event>) = before.iter().partition(|event| event.at < cut);
            let known = TrainingData::from_events(USERS, ITEMS, &known).unwrap();
            let later = later.iter().map(|event| (event.user, event.item, event.weight));
            let later = UserItems::from_triplets(USERS, ITEMS, later).unwrap();
            let later = later.filter(|user, item| !known.interactions.row(user).contains(item));
            (known.interactions, known.sequences, later)
        });
        let found = shared.cut_latest(share).unwrap();
        prop_assert_eq!(found.map(|(known, later)| (known.interactions, known.sequences, later)), expected);
    }

    #[test]
    fn popularity_is_the_sum_of_all_weights(
        events in prop::collection::vec((0_u32..8, 0.0_f32..1.0, prop::option::of(0_u32..3)), 1..500),
    ) {
        let event = |&(item, weight, group): &(u32, f32, Option<u32>)| GroupEvent { item, weight, group };
        let fitted = GroupPopularity::fit(8, 3, events.iter().map(event));
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        events.iter().for_each(|&(item, weight, _)| *sums.entry(item).or_default() += f64::from(weight));
        if sums.values().sum::<f64>() == 0.0 {
            prop_assert_eq!(fitted.is_err(), true);
            return Ok(());
        }
        let fitted = fitted.unwrap();
        for (item, &weight) in fitted.weights().iter().enumerate() {
            let sum = sums.get(&(item as u32)).copied().unwrap_or(0.0);
            prop_assert_eq!((f64::from(weight) - sum).abs() <= 1e-6 * sum, true, "{} and {}", weight, sum);
        }
        for group in [None, Some(0), Some(1), Some(2)] {
            let total: f64 = fitted.shares(group).iter().map(|&share| f64::from(share)).sum();
            prop_assert_eq!((total - 1.0).abs() < 1e-5, true, "{:?}: {}", group, total);
        }
    }
}

#[test]
fn all_constructors_reject_invalid_entries() {
    let beyond = ModelError::OutOfBounds { row: 1, column: 7, rows: 3, columns: 5 };
    assert_eq!(UserItems::from_passes(3, 5, || [(1, 7, 1.0)].into_iter()), Err(beyond));
    let fill = |row: usize, entries: &mut Vec<(u32, f32)>| entries.push((if row == 1 { 7 } else { 0 }, 1.0));
    assert!(matches!(UserItems::from_rows(3, 5, fill), Err(ModelError::OutOfBounds { row: 1, column: 7, .. })));
    let heavy = [(2, 4, 0.9e12), (0, 0, 1.0), (2, 4, 0.9e12)];
    let refused = UserItems::from_triplets(3, 5, heavy);
    assert!(matches!(refused, Err(ModelError::BadWeight { row: 2, column: 4, .. })), "{refused:?}");
    let fill = |row: usize, entries: &mut Vec<(u32, f32)>| entries.extend([(4, 0.9e12), (4, row as f32 * 0.9e12)]);
    let refused = UserItems::from_rows(3, 5, fill);
    assert!(matches!(refused, Err(ModelError::BadWeight { row: 1, column: 4, .. })), "{refused:?}");
}

#[test]
fn popularity_counts_exactly_beyond_single_precision() {
    const MANY: u32 = 20_000_000;
    let events = (0..MANY).map(|n| GroupEvent { item: u32::from(n % 1000 == 0), weight: 1.0, group: Some(0) });
    let fitted = GroupPopularity::fit(2, 1, events).unwrap();
    assert_eq!(fitted.weights(), [(MANY - MANY / 1000) as f32, (MANY / 1000) as f32]);
}
