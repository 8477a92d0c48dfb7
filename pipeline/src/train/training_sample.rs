//! The part of a long history that models are fitted and judged on.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use zhihui_data::snapshot::{NONE, Snapshot};

use super::member_subset::member_subset;

/// Unions with a larger share of the maximum number of events are sampled by member.
const MAX_UNION_SHARE: f64 = 0.05;

/// A sample of the members with all of their history.
#[derive(Debug)]
pub(super) struct TrainingSample {
    pub(super) snapshot: Snapshot,
    pub(super) size: SampleSize,
}

/// The size of a sample, for the model card.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct SampleSize {
    /// Number of members of the sample.
    pub(super) members: usize,
    /// Number of all members.
    pub(super) of_members: usize,
    /// Number of events of the sample.
    pub(super) events: usize,
    /// Number of all events of members.
    pub(super) of_events: usize,
}

impl SampleSize {
    /// Number of events that an event of the sample stands for, at least 1.
    pub(super) fn scale(self) -> f32 {
        (self.of_events as f64 / self.events.max(1) as f64) as f32
    }
}

impl TrainingSample {
    /// Chooses members with about `max_events` events, or returns `None` if there are no more than that.
    ///
    /// Whole unions are chosen, so that the number of colleagues who signed up is the true one. Members of very large unions
    /// and members without a union are chosen one by one, with the same probability.
    pub(super) fn of(snapshot: &Snapshot, max_events: usize, seed: u64) -> Option<Self> {
        let of_events = snapshot.history.n_events();
        if of_events <= max_events {
            return None;
        }
        let chosen = choose_members(snapshot, max_events, seed);
        let of_members = snapshot.members.id.len();
        let sample = member_subset(snapshot, &chosen);
        let size = SampleSize { members: chosen.len(), of_members, events: sample.history.n_events(), of_events };
        Some(Self { snapshot: sample, size })
    }
}

fn choose_members(snapshot: &Snapshot, max_events: usize, seed: u64) -> Vec<usize> {
    let (members, history) = (&snapshot.members, &snapshot.history);
    let share = max_events as f64 / history.n_events().max(1) as f64;
    let mut events_of_union = vec![0_usize; snapshot.unions.id.len()];
    for (member, &union) in members.union.iter().enumerate().filter(|&(_, &union)| union != NONE) {
        events_of_union[union as usize] += history.of(member).len();
    }
    let max_of_union = MAX_UNION_SHARE * max_events as f64;
    let is_large = |union: usize| events_of_union[union] as f64 > max_of_union;
    let mut small: Vec<usize> = (0..events_of_union.len()).filter(|&union| !is_large(union)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    small.shuffle(&mut rng);
    let wanted = share * small.iter().map(|&union| events_of_union[union] as f64).sum::<f64>();
    let mut is_chosen = vec![false; events_of_union.len()];
    let mut events = 0.0;
    for union in small {
        if events >= wanted {
            break;
        }
        is_chosen[union] = true;
        events += events_of_union[union] as f64;
    }
    let is_chosen = |&member: &usize| match members.union[member] {
        NONE => rng.gen_bool(share),
        union if is_large(union as usize) => rng.gen_bool(share),
        union => is_chosen[union as usize],
    };
    (0..members.id.len()).filter(is_chosen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_data::snapshot::{EventColumns, EventKind};

    /// 4,000 members with ten events each: 300 unions of ten, one of 500, and 500 members without a union.
    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot { as_of: 100, ..Snapshot::default() };
        snapshot.unions.id = (0..301).map(|union| format!("u{union:03}")).collect();
        let mut events = EventColumns { starts: vec![0], ..EventColumns::default() };
        for member in 0..4000_u32 {
            snapshot.members.id.push(format!("m{member:04}"));
            snapshot.members.union.push(match member {
                0..3000 => member / 10,
                3000..3500 => 300,
                _ => NONE,
            });
            events.item.extend(0..10);
            events.kind.extend([EventKind::Read; 10]);
            events.at.extend(0..10);
            events.starts.push(events.at.len() as u64);
        }
        fill_members(&mut snapshot);
        snapshot.items.id = (0..10).map(|item| format!("a{item}")).collect();
        snapshot.history = events.into();
        snapshot
    }

    fn fill_members(snapshot: &mut Snapshot) {
        let n = snapshot.members.id.len();
        let members = &mut snapshot.members;
        members.openid = vec![String::new(); n];
        members.memberships = zhihui_data::snapshot::Lists::from_rows(vec![Vec::<u32>::new(); n]);
        for column in [&mut members.age, &mut members.home_district, &mut members.work_district, &mut members.segment] {
            *column = vec![NONE; n];
        }
        for column in [&mut members.age_band, &mut members.gender, &mut members.lifecycle] {
            *column = vec![0; n];
        }
        for flag in [&mut members.follows, &mut members.personalised, &mut members.team_match] {
            *flag = vec![true; n];
        }
        members.joined_at = vec![0; n];
        snapshot.sign_ups.starts = vec![0; n + 1];
    }

    #[test]
    fn a_short_history_is_not_sampled() {
        assert!(TrainingSample::of(&snapshot(), 40_000, 7).is_none());
    }

    #[test]
    fn unions_are_whole_unless_they_are_large_and_the_size_is_that_asked_for() {
        let all = snapshot();
        let TrainingSample { snapshot: sample, size } = TrainingSample::of(&all, 8_000, 7).expect("a sample");
        let of_union =
            |snapshot: &Snapshot, union: u32| snapshot.members.union.iter().filter(|&&own| own == union).count();
        for union in 0..300 {
            assert!([0, 10].contains(&of_union(&sample, union)), "union {union}");
        }
        for part in [of_union(&sample, 300), of_union(&sample, NONE)] {
            assert!((60..140).contains(&part), "{part} of 500");
        }
        assert!((7_200..8_800).contains(&size.events), "{size:?}");
        assert_eq!((size.members, size.of_members, size.of_events), (size.events / 10, 4000, 40_000));
        assert!((size.scale() - 5.0).abs() < 0.6, "{}", size.scale());
        let again = TrainingSample::of(&all, 8_000, 7).expect("a sample");
        assert_eq!(again.snapshot.members.id, sample.members.id);
        let other = TrainingSample::of(&all, 8_000, 8).expect("a sample");
        assert_ne!(other.snapshot.members.id, sample.members.id);
    }
}
