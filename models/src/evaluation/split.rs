//! Splits of interactions into training and test data.

use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::event::Event;
use crate::recommenders::sequences::Sequences;
use crate::{ModelError, Row, UserItems};

/// Two matrices of the same shape without common entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Training entries.
    pub train: UserItems,
    /// Test entries.
    pub test: UserItems,
}

/// Splits by time: events before `from` are training data, events in `[from, until)` are test data.
///
/// Items that a member already interacted with are not test items. Members and items first seen after `from` stay in
/// the test.
///
/// # Errors
/// As [`UserItems::from_triplets`].
pub fn time_cut(n_users: usize, n_items: usize, events: &[Event], from: i64, until: i64) -> Result<Split, ModelError> {
    let triplet = |event: &Event| (event.user, event.item, event.weight);
    let before = || events.iter().filter(|event| event.at < from).map(triplet);
    let train = UserItems::from_passes(n_users, n_items, before)?;
    let after = || events.iter().filter(|event| (from..until).contains(&event.at)).map(triplet);
    let test = UserItems::from_passes(n_users, n_items, after)?;
    let test = test.filter(|user, item| !train.row(user).contains(item));
    Ok(Split { train, test })
}

/// Holds out a random `share` of each member's entries. Each member keeps at least one.
///
/// The choice depends on the seed and the member alone. A fractional number of entries is rounded up or down at random,
/// such that its expectation is exact.
#[must_use]
pub fn hold_out(interactions: &UserItems, share: f64, seed: u64) -> Split {
    split_rows(interactions, share, seed, |rng, _, row, held| {
        sample(rng, row.len(), held).into_iter().map(|at| row.columns[at]).collect()
    })
}

/// Holds out `share` of each member's entries as a run of neighbouring columns. The last column is followed by the
/// first.
///
/// Ids are mostly assigned in order of appearance, so entries from one period are neighbours. Holding out a whole run
/// leaves no adjacent entry that gives the answer away, as in blocked cross-validation (Roberts et al.,
/// *Cross-validation strategies for data with temporal, spatial, hierarchical, or phylogenetic structure*, Ecography
/// 2017). If the order of ids is meaningless, a run is a random choice. Otherwise as [`hold_out`].
#[must_use]
pub fn hold_out_runs(interactions: &UserItems, share: f64, seed: u64) -> Split {
    split_rows(interactions, share, seed, |rng, _, row, held| {
        let from = rng.gen_range(0..row.len().max(1));
        (0..held).map(|n| row.columns[(from + n) % row.len()]).collect()
    })
}

/// Holds out the latest `share` of each member's entries in `sequences`. Each member keeps at least one.
///
/// Entries that are not in the sequences are never held out.
#[must_use]
pub fn hold_out_latest(interactions: &UserItems, sequences: &Sequences, share: f64, seed: u64) -> Split {
    split_rows(interactions, share, seed, |_, user, row, held| {
        let mut latest = Vec::new();
        for &item in sequences.of(user).iter().rev() {
            if latest.len() < held && row.contains(item) && !latest.contains(&item) {
                latest.push(item);
            }
        }
        latest
    })
}

/// At most `most` of the members with a test item, in ascending order, drawn at random if there are more.
#[must_use]
pub fn test_users(test: &UserItems, most: usize, seed: u64) -> Vec<u32> {
    let users: Vec<u32> = (0..test.n_rows() as u32).filter(|&user| !test.row(user as usize).is_empty()).collect();
    if users.len() <= most {
        return users;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut chosen: Vec<u32> = sample(&mut rng, users.len(), most).into_iter().map(|at| users[at]).collect();
    chosen.sort_unstable();
    chosen
}

fn split_rows(
    interactions: &UserItems,
    share: f64,
    seed: u64,
    choose: impl Fn(&mut ChaCha8Rng, usize, Row<'_>, usize) -> Vec<u32> + Sync,
) -> Split {
    let held_out_of = |user: usize| {
        let row = interactions.row(user);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(user as u64);
        let held = (share.clamp(0.0, 1.0) * row.len() as f64 + rng.gen_range(0.0..1.0)).floor() as usize;
        let mut chosen = choose(&mut rng, user, row, held.min(row.len().saturating_sub(1)));
        chosen.sort_unstable();
        chosen
    };
    let held_out: Vec<Vec<u32>> = (0..interactions.n_rows()).into_par_iter().map(held_out_of).collect();
    let held = |user: usize, item: u32| held_out[user].binary_search(&item).is_ok();
    Split { train: interactions.filter(|user, item| !held(user, item)), test: interactions.filter(held) }
}
