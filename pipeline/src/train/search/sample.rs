//! A sample of members with their history.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{Lists, Members, SignUps, Snapshot};

/// Returns the snapshot with at most `limit` members with a history, chosen at random, in order.
///
/// Sign-ups and the model are left out, because [`snapshot_before`](crate::build) computes them again. Items and unions
/// are complete.
pub(crate) fn sample_members(snapshot: &Snapshot, limit: usize, seed: u64) -> Snapshot {
    let members = &snapshot.members;
    let is_active = |&member: &usize| members.personalised[member] && !snapshot.history.of(member).is_empty();
    let active: Vec<usize> = (0..members.id.len()).filter(is_active).collect();
    let mut chosen: Vec<usize> = if active.len() <= limit {
        active
    } else {
        sample(&mut ChaCha8Rng::seed_from_u64(seed), active.len(), limit).into_iter().map(|at| active[at]).collect()
    };
    chosen.sort_unstable();
    Snapshot {
        version: snapshot.version.clone(),
        as_of: snapshot.as_of,
        inbox: snapshot.inbox.clone(),
        inbox_sequence: snapshot.inbox_sequence,
        zone: snapshot.zone,
        topics: snapshot.topics.clone(),
        sensitive_topics: snapshot.sensitive_topics.clone(),
        districts: snapshot.districts.clone(),
        age_bands: snapshot.age_bands.clone(),
        unions: snapshot.unions.clone(),
        items: snapshot.items.clone(),
        sign_ups: SignUps { starts: vec![0; chosen.len() + 1], ..SignUps::default() },
        members: Members {
            id: select(&members.id, &chosen),
            openid: select(&members.openid, &chosen),
            union: select(&members.union, &chosen),
            memberships: Lists::from_rows(chosen.iter().map(|&member| members.memberships.row(member))),
            age: select(&members.age, &chosen),
            age_band: select(&members.age_band, &chosen),
            gender: select(&members.gender, &chosen),
            home_district: select(&members.home_district, &chosen),
            work_district: select(&members.work_district, &chosen),
            joined_at: select(&members.joined_at, &chosen),
            follows: select(&members.follows, &chosen),
            personalised: select(&members.personalised, &chosen),
            team_match: select(&members.team_match, &chosen),
            lifecycle: select(&members.lifecycle, &chosen),
            segment: select(&members.segment, &chosen),
        },
        history: snapshot.history.of_members(&chosen),
        undescribed: snapshot.undescribed.clone(),
        ..Snapshot::default()
    }
}

fn select<T: Clone>(column: &[T], chosen: &[usize]) -> Vec<T> {
    chosen.iter().map(|&member| column[member].clone()).collect()
}
