//! What was known before an earlier instant: what a model that is judged on later events may see.

use std::ops::Range;

use rayon::prelude::*;
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{
    EventKind, History, Items, Members, Model, NO_TIME, NONE, Propensities, SignUps, Snapshot, Unattributed,
};

use super::assemble::seats;

/// Members whose sign-ups one thread looks at before it takes others.
const MEMBERS_AT_A_TIME: usize = 1024;

/// The snapshot as it stood before `cut`, in seconds since 1970.
///
/// It holds the events before the cut, the sign-ups that stood then and the seats that they took. Ages, age bands and
/// lifecycle stages stay as they are; what was learnt is left out.
///
/// A sign-up that is absent by now had a seat until its activity began, since nobody could know.
#[must_use]
pub fn restrict(snapshot: &Snapshot, cut: i64) -> Snapshot {
    let known = known_events(snapshot, cut);
    let (members, items) = (&snapshot.members, &snapshot.items);
    let ((history, sign_ups), (members, items)) = rayon::join(
        || rayon::join(|| history(&snapshot.history, &known), || sign_ups(snapshot, &known, cut)),
        || rayon::join(|| Members { segment: vec![NONE; known.len()], ..members.clone() }, || items.clone()),
    );
    let (seats_taken, seats_by_union) = seats(&sign_ups, &members.union, items.id.len());
    Snapshot {
        as_of: cut,
        members,
        items: Items { seats_taken, seats_by_union, ..items },
        history,
        sign_ups,
        model: Model::default(),
        version: snapshot.version.clone(),
        inbox: snapshot.inbox.clone(),
        inbox_sequence: snapshot.inbox_sequence,
        zone: snapshot.zone,
        topics: snapshot.topics.clone(),
        sensitive_topics: snapshot.sensitive_topics.clone(),
        districts: snapshot.districts.clone(),
        age_bands: snapshot.age_bands.clone(),
        unions: snapshot.unions.clone(),
        openids: snapshot.openids.clone(),
        switch_marks: snapshot.switch_marks.clone(),
        unattributed: unattributed(&snapshot.unattributed, cut),
        undescribed: snapshot.undescribed.clone(),
        propensities: Propensities::from_rows(snapshot.propensities.rows().filter(|place| place.at < cut)),
    }
}

fn unattributed(all: &Unattributed, cut: i64) -> Unattributed {
    let known = all.at.partition_point(|&at| at < cut);
    Unattributed {
        item: all.item[..known].to_vec(),
        kind: all.kind[..known].to_vec(),
        at: all.at[..known].to_vec(),
        age_band: all.age_band[..known].to_vec(),
        weight: all.weight[..known.min(all.weight.len())].to_vec(),
    }
}

/// The events of each member before the cut; those of a member ascend in time.
fn known_events(snapshot: &Snapshot, cut: i64) -> Vec<Range<usize>> {
    let known = |member: usize| {
        let range = snapshot.history.of(member);
        range.start..range.start + snapshot.history.at[range.clone()].partition_point(|&at| at < cut)
    };
    (0..snapshot.members.id.len()).into_par_iter().map(known).collect()
}

fn history(all: &History, known: &[Range<usize>]) -> History {
    let mut starts = Vec::with_capacity(known.len() + 1);
    starts.push(0);
    // Most members have no event after the cut, so that their events follow one another.
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut n_events = 0;
    for events in known.iter().cloned() {
        n_events += events.len();
        starts.push(n_events as u64);
        match runs.last_mut() {
            Some(run) if run.end == events.start => run.end = events.end,
            _ => runs.push(events),
        }
    }
    let (item, (kind, at)) = rayon::join(
        || of_runs(&all.item, &runs, n_events),
        || rayon::join(|| of_runs(&all.kind, &runs, n_events), || of_runs(&all.at, &runs, n_events)),
    );
    let weight = if all.weight.is_empty() { Vec::new() } else { of_runs(&all.weight, &runs, n_events) };
    History { starts, item, kind, at, weight }
}

fn of_runs<T: Copy>(column: &[T], runs: &[Range<usize>], length: usize) -> Vec<T> {
    let mut values = Vec::with_capacity(length);
    runs.iter().for_each(|run| values.extend_from_slice(&column[run.clone()]));
    values
}

/// The sign-ups that stood after the events in `known`.
fn sign_ups(snapshot: &Snapshot, known: &[Range<usize>], cut: i64) -> SignUps {
    let of_block = |(block, known): (usize, &[Range<usize>])| {
        let mut standing = Standing::default();
        for (at, events) in known.iter().enumerate() {
            standing.add(snapshot, block * MEMBERS_AT_A_TIME + at, events.clone(), cut);
        }
        standing.sign_ups
    };
    let blocks: Vec<SignUps> = known.par_chunks(MEMBERS_AT_A_TIME).enumerate().map(of_block).collect();
    let mut all = SignUps { starts: vec![0], ..SignUps::default() };
    for block in blocks {
        let before = all.item.len() as u64;
        all.starts.extend(block.starts.iter().map(|end| before + end));
        all.item.extend_from_slice(&block.item);
        all.status.extend_from_slice(&block.status);
        all.tickets.extend_from_slice(&block.tickets);
        all.children.extend_from_slice(&block.children);
    }
    all
}

/// The sign-ups of some members, one after another; `starts` holds the end of each.
#[derive(Default)]
struct Standing {
    sign_ups: SignUps,
    /// Items that the member at hand signed up for, and what came of it, in order.
    last: Vec<(u32, EventKind)>,
    /// The member's sign-ups by now, by item.
    now: Vec<usize>,
}

impl Standing {
    fn add(&mut self, snapshot: &Snapshot, member: usize, known: Range<usize>, cut: i64) {
        let (history, all, into) = (&snapshot.history, &snapshot.sign_ups, &mut self.sign_ups);
        let concerns =
            |row: &usize| matches!(history.kind[*row], EventKind::SignUp | EventKind::Attended | EventKind::Cancel);
        self.last.clear();
        self.last.extend(known.rev().filter(concerns).map(|row| (history.item[row], history.kind[row])));
        if !self.last.is_empty() {
            // Stable: of several events on an item the latest comes first and is kept.
            self.last.sort_by_key(|&(item, _)| item);
            self.last.dedup_by_key(|&mut (item, _)| item);
            self.now.clear();
            self.now.extend(all.of(member));
            self.now.sort_by_key(|&row| all.item[row]);
        }
        for &(item, kind) in &self.last {
            let at = self.now.partition_point(|&row| all.item[row] < item);
            let now = self.now.get(at).copied().filter(|&row| all.item[row] == item);
            let status = match kind {
                EventKind::Attended => SignUpStatus::Attended,
                EventKind::Cancel => SignUpStatus::Cancelled,
                _ => signed_up(snapshot, item, now.map(|row| all.status[row]), cut),
            };
            into.item.push(item);
            into.status.push(status);
            into.tickets.push(now.map_or(1, |row| all.tickets[row]));
            into.children.push(now.map_or(0, |row| all.children[row]));
        }
        into.starts.push(into.item.len() as u64);
    }
}

/// Where somebody stood who had signed up and neither come nor cancelled by `cut`.
fn signed_up(snapshot: &Snapshot, item: u32, now: Option<SignUpStatus>, cut: i64) -> SignUpStatus {
    let starts_at = snapshot.items.starts_at.get(item as usize).copied().unwrap_or(NO_TIME);
    match now {
        Some(SignUpStatus::Waitlisted) => SignUpStatus::Waitlisted,
        Some(SignUpStatus::NoShow) if starts_at < cut => SignUpStatus::NoShow,
        _ => SignUpStatus::Registered,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;
    use zhihui_data::snapshot::{Lists, LoggedPlace, SparseRows};

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot { as_of: 100, ..Snapshot::default() };
        snapshot.members.id = vec!["m1".into(), "m2".into()];
        snapshot.members.union = vec![0, NONE];
        snapshot.unions.id = vec!["u1".into()];
        snapshot.items.id = vec!["a1".into(), "a2".into()];
        snapshot.items.starts_at = vec![50, NO_TIME];
        snapshot.items.topics = Lists::from_rows([vec![], vec![]]);
        snapshot.items.seats_by_union = SparseRows::from_rows::<Vec<(u32, f32)>>([vec![], vec![]]);
        snapshot.history = History {
            starts: vec![0, 3, 4],
            item: vec![0, 1, 0, 0],
            kind: vec![EventKind::SignUp, EventKind::Read, EventKind::Cancel, EventKind::SignUp],
            at: vec![10, 20, 30, 12],
            ..History::default()
        };
        snapshot.sign_ups = SignUps {
            starts: vec![0, 1, 2],
            item: vec![0, 0],
            status: vec![SignUpStatus::Cancelled, SignUpStatus::NoShow],
            tickets: vec![2, 1],
            children: vec![0, 0],
        };
        snapshot
    }

    #[test]
    fn nothing_from_the_cut_on_is_known() {
        let mut all = snapshot();
        let place = |at| LoggedPlace { member: 0, item: 0, at, propensity: 0.5, explored: true };
        all.propensities = Propensities::from_rows([place(19), place(20)]);
        let before = restrict(&all, 20);
        assert_eq!(before.propensities.at, [19]);
        assert_eq!(before.as_of, 20);
        assert_eq!((before.history.starts, before.history.at), (vec![0, 1, 2], vec![10, 12]));
    }

    #[test]
    fn a_seat_given_back_later_was_still_taken() {
        let before = restrict(&snapshot(), 30);
        assert_eq!(before.sign_ups.status, [SignUpStatus::Registered, SignUpStatus::Registered]);
        assert_eq!(before.items.seats_taken, [3, 0]);
        assert_eq!(before.items.seats_by_union.pairs(0).collect::<Vec<_>>(), [(0, 2.0)]);
        let after = restrict(&snapshot(), 60);
        assert_eq!(after.sign_ups.status, [SignUpStatus::Cancelled, SignUpStatus::NoShow]);
        assert_eq!(after.items.seats_taken, [0, 0]);
    }

    #[test]
    fn before_everything_nobody_had_done_anything() {
        let before = restrict(&snapshot(), 0);
        assert!(before.history.item.is_empty() && before.sign_ups.item.is_empty());
        assert_eq!(before.history.starts, [0, 0, 0]);
    }

    /// The history and the sign-ups before the cut, event by event.
    fn naive(snapshot: &Snapshot, cut: i64) -> (History, SignUps) {
        let mut history = History { starts: vec![0], ..History::default() };
        let mut sign_ups = SignUps { starts: vec![0], ..SignUps::default() };
        for member in 0..snapshot.members.id.len() {
            let mut last: BTreeMap<u32, EventKind> = BTreeMap::new();
            for row in snapshot.history.of(member).filter(|&row| snapshot.history.at[row] < cut) {
                let (item, kind) = (snapshot.history.item[row], snapshot.history.kind[row]);
                history.item.push(item);
                history.kind.push(kind);
                history.at.push(snapshot.history.at[row]);
                if matches!(kind, EventKind::SignUp | EventKind::Attended | EventKind::Cancel) {
                    last.insert(item, kind);
                }
            }
            history.starts.push(history.item.len() as u64);
            for (item, kind) in last {
                let now = snapshot.sign_ups.of(member).find(|&row| snapshot.sign_ups.item[row] == item);
                sign_ups.item.push(item);
                sign_ups.status.push(match kind {
                    EventKind::Attended => SignUpStatus::Attended,
                    EventKind::Cancel => SignUpStatus::Cancelled,
                    _ => signed_up(snapshot, item, now.map(|row| snapshot.sign_ups.status[row]), cut),
                });
                sign_ups.tickets.push(now.map_or(1, |row| snapshot.sign_ups.tickets[row]));
                sign_ups.children.push(now.map_or(0, |row| snapshot.sign_ups.children[row]));
            }
            sign_ups.starts.push(sign_ups.item.len() as u64);
        }
        (history, sign_ups)
    }

    fn random(members: &[Vec<(i64, u32, usize)>]) -> Snapshot {
        const KINDS: [EventKind; 5] =
            [EventKind::Read, EventKind::SignUp, EventKind::Attended, EventKind::Cancel, EventKind::Shown];
        const STATUSES: [SignUpStatus; 4] =
            [SignUpStatus::Registered, SignUpStatus::NoShow, SignUpStatus::Waitlisted, SignUpStatus::Cancelled];
        let mut snapshot = Snapshot { as_of: 50, ..Snapshot::default() };
        snapshot.items.id = (0..6).map(|item| format!("a{item}")).collect();
        snapshot.items.starts_at = (0..6).map(|item| if item == 5 { NO_TIME } else { item * 8 }).collect();
        snapshot.unions.id = vec!["u0".into(), "u1".into()];
        (snapshot.history.starts, snapshot.sign_ups.starts) = (vec![0], vec![0]);
        for (member, events) in members.iter().enumerate() {
            snapshot.members.id.push(format!("m{member}"));
            snapshot.members.union.push(if member % 3 == 2 { NONE } else { member as u32 % 3 });
            let mut events = events.clone();
            events.sort_unstable();
            for &(at, item, kind) in &events {
                snapshot.history.at.push(at);
                snapshot.history.item.push(item);
                snapshot.history.kind.push(KINDS[kind]);
            }
            // Standing sign-ups of some of the items, not in the order of items.
            for (n, &(_, item, kind)) in events.iter().rev().enumerate().filter(|(n, _)| n % 2 == 0) {
                snapshot.sign_ups.item.push(item);
                snapshot.sign_ups.status.push(STATUSES[kind % 4]);
                snapshot.sign_ups.tickets.push(1 + n as u32 % 3);
                snapshot.sign_ups.children.push(n as u32 % 2);
            }
            snapshot.history.starts.push(snapshot.history.at.len() as u64);
            snapshot.sign_ups.starts.push(snapshot.sign_ups.item.len() as u64);
        }
        snapshot
    }

    proptest! {
        #[test]
        fn any_cut_leaves_what_a_pass_over_all_events_leaves(
            members in prop::collection::vec(
                prop::collection::vec((0_i64..50, 0_u32..6, 0_usize..5), 0..12), 0..30,
            ),
            cut in -1_i64..52,
        ) {
            let snapshot = random(&members);
            let before = restrict(&snapshot, cut);
            let (history, sign_ups) = naive(&snapshot, cut);
            let (seats_taken, seats_by_union) = seats(&sign_ups, &snapshot.members.union, 6);
            prop_assert_eq!(before.history, history);
            prop_assert_eq!(before.sign_ups, sign_ups);
            prop_assert_eq!((before.items.seats_taken, before.items.seats_by_union), (seats_taken, seats_by_union));
            prop_assert_eq!(before.members.segment, vec![NONE; members.len()]);
        }
    }
}
