//! Some of the members, with what they did.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{History, Lists, Members, SignUps, Snapshot};

/// The snapshot with at most `most` of those members who did something, chosen by `seed`, in order.
///
/// Sign-ups and the model are left out: restricting a snapshot to an instant makes them again. Items and unions stay.
pub(crate) fn of_members(snapshot: &Snapshot, most: usize, seed: u64) -> Snapshot {
    let members = &snapshot.members;
    let is_active = |&member: &usize| members.personalised[member] && !snapshot.history.of(member).is_empty();
    let active: Vec<usize> = (0..members.id.len()).filter(is_active).collect();
    let mut chosen: Vec<usize> = if active.len() <= most {
        active
    } else {
        sample(&mut ChaCha8Rng::seed_from_u64(seed), active.len(), most).into_iter().map(|at| active[at]).collect()
    };
    chosen.sort_unstable();
    let mut history = History { starts: vec![0], ..History::default() };
    for &member in &chosen {
        let events = snapshot.history.of(member);
        history.item.extend_from_slice(&snapshot.history.item[events.clone()]);
        history.kind.extend_from_slice(&snapshot.history.kind[events.clone()]);
        history.at.extend_from_slice(&snapshot.history.at[events.clone()]);
        if !snapshot.history.weight.is_empty() {
            history.weight.extend_from_slice(&snapshot.history.weight[events]);
        }
        history.starts.push(history.item.len() as u64);
    }
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
            id: of(&members.id, &chosen),
            openid: of(&members.openid, &chosen),
            union: of(&members.union, &chosen),
            memberships: Lists::from_rows(chosen.iter().map(|&member| members.memberships.row(member))),
            age: of(&members.age, &chosen),
            age_band: of(&members.age_band, &chosen),
            gender: of(&members.gender, &chosen),
            home_district: of(&members.home_district, &chosen),
            work_district: of(&members.work_district, &chosen),
            joined_at: of(&members.joined_at, &chosen),
            follows: of(&members.follows, &chosen),
            personalised: of(&members.personalised, &chosen),
            team_match: of(&members.team_match, &chosen),
            lifecycle: of(&members.lifecycle, &chosen),
            segment: of(&members.segment, &chosen),
        },
        history,
        undescribed: snapshot.undescribed.clone(),
        ..Snapshot::default()
    }
}

fn of<T: Clone>(column: &[T], chosen: &[usize]) -> Vec<T> {
    chosen.iter().map(|&member| column[member].clone()).collect()
}
