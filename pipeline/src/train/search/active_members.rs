//! A sample of members with a history.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::Snapshot;

use crate::train::member_subset::member_subset;

/// Returns the snapshot with at most `limit` members with a history, chosen at random, in order.
pub(crate) fn sample_active_members(snapshot: &Snapshot, limit: usize, seed: u64) -> Snapshot {
    let is_active = |&member: &usize| snapshot.members.personalised[member] && !snapshot.history.of(member).is_empty();
    let active: Vec<usize> = (0..snapshot.members.id.len()).filter(is_active).collect();
    let mut chosen: Vec<usize> = if active.len() <= limit {
        active
    } else {
        sample(&mut ChaCha8Rng::seed_from_u64(seed), active.len(), limit).into_iter().map(|at| active[at]).collect()
    };
    chosen.sort_unstable();
    member_subset(snapshot, &chosen)
}
