//! Reduces a snapshot to what was known before an earlier instant, so that a model can be tested on later events.

use std::ops::Range;

use rayon::prelude::*;
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{
    EventKind, History, Items, Members, Model, NO_TIME, NONE, Propensities, SignUps, Snapshot, Unattributed,
};

use super::assemble::seats;

/// Members per parallel task.
const BLOCK_MEMBERS: usize = 1024;

/// Returns the snapshot without anything that happened at `cut` or later. `cut` is in seconds since 1970.
///
/// The result has the events before the cut, whose columns it shares with `snapshot`, the current sign-ups at the cut and the seats that they took. Ages, age bands and
/// lifecycle stages are not changed; the model is empty.
///
/// A member who is now a no-show counts as registered until the activity began, because nobody could know before.
#[must_use]
pub fn snapshot_before(snapshot: &Snapshot, cut: i64) -> Snapshot {
    let history = snapshot.history.before(cut);
    let (members, items) = (&snapshot.members, &snapshot.items);
    let (sign_ups, (members, items)) = rayon::join(
        || sign_ups(snapshot, &history, cut),
        || rayon::join(|| Members { segment: vec![NONE; members.id.len()], ..members.clone() }, || items.clone()),
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
    let n_before = all.at.partition_point(|&at| at < cut);
    Unattributed {
        item: all.item[..n_before].to_vec(),
        kind: all.kind[..n_before].to_vec(),
        at: all.at[..n_before].to_vec(),
        age_band: all.age_band[..n_before].to_vec(),
        weight: all.weight[..n_before.min(all.weight.len())].to_vec(),
    }
}

/// Returns the current sign-ups after the events of `before`.
fn sign_ups(snapshot: &Snapshot, before: &History, cut: i64) -> SignUps {
    let n_members = snapshot.members.id.len();
    let of_block = |block: usize| {
        let mut current = CurrentSignUps::default();
        let begin = block * BLOCK_MEMBERS;
        for member in begin..(begin + BLOCK_MEMBERS).min(n_members) {
            current.add(snapshot, member, before.of(member), cut);
        }
        current.sign_ups
    };
    let blocks: Vec<SignUps> = (0..n_members.div_ceil(BLOCK_MEMBERS)).into_par_iter().map(of_block).collect();
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

/// Collects the sign-ups of consecutive members; `starts` holds the end of each member's.
#[derive(Default)]
struct CurrentSignUps {
    sign_ups: SignUps,
    /// The member's items and the last event on each, by item.
    last: Vec<(u32, EventKind)>,
    /// The member's rows in `Snapshot::sign_ups`, by item.
    now: Vec<usize>,
}

impl CurrentSignUps {
    fn add(&mut self, snapshot: &Snapshot, member: usize, events: Range<usize>, cut: i64) {
        let (history, all, into) = (&snapshot.history, &snapshot.sign_ups, &mut self.sign_ups);
        let is_of_sign_up =
            |row: &usize| matches!(history.kind(*row), EventKind::SignUp | EventKind::Attended | EventKind::Cancel);
        self.last.clear();
        self.last.extend(events.rev().filter(is_of_sign_up).map(|row| (history.item(row), history.kind(row))));
        if !self.last.is_empty() {
            // The sort is stable, so that the latest event of an item comes first and is kept.
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

/// Returns the status at `cut` of a sign-up without attendance or cancellation; `now` is its status in the snapshot.
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
    use zhihui_data::snapshot::{EventColumns, Lists, LoggedPlace, SparseRows};

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot { as_of: 100, ..Snapshot::default() };
        snapshot.members.id = vec!["m1".into(), "m2".into()];
        snapshot.members.union = vec![0, NONE];
        snapshot.unions.id = vec!["u1".into()];
        snapshot.items.id = vec!["a1".into(), "a2".into()];
        snapshot.items.starts_at = vec![50, NO_TIME];
        snapshot.items.topics = Lists::from_rows([vec![], vec![]]);
        snapshot.items.seats_by_union = SparseRows::from_rows::<Vec<(u32, f32)>>([vec![], vec![]]);
        snapshot.history = History::from(EventColumns {
            starts: vec![0, 3, 4],
            item: vec![0, 1, 0, 0],
            kind: vec![EventKind::SignUp, EventKind::Read, EventKind::Cancel, EventKind::SignUp],
            at: vec![10, 20, 30, 12],
            ..EventColumns::default()
        });
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
    fn events_at_the_cut_or_later_are_left_out() {
        let mut all = snapshot();
        let place = |at| LoggedPlace { member: 0, item: 0, at, propensity: 0.5, explored: true };
        all.propensities = Propensities::from_rows([place(19), place(20)]);
        let before = snapshot_before(&all, 20);
        assert_eq!(before.propensities.at, [19]);
        assert_eq!(before.as_of, 20);
        let events = EventColumns::from(&before.history);
        assert_eq!((events.starts, events.at), (vec![0, 1, 2], vec![10, 12]));
    }

    #[test]
    fn a_seat_counts_as_taken_until_its_cancellation() {
        let before = snapshot_before(&snapshot(), 30);
        assert_eq!(before.sign_ups.status, [SignUpStatus::Registered, SignUpStatus::Registered]);
        assert_eq!(before.items.seats_taken, [3, 0]);
        assert_eq!(before.items.seats_by_union.pairs(0).collect::<Vec<_>>(), [(0, 2.0)]);
        let after = snapshot_before(&snapshot(), 60);
        assert_eq!(after.sign_ups.status, [SignUpStatus::Cancelled, SignUpStatus::NoShow]);
        assert_eq!(after.items.seats_taken, [0, 0]);
    }

    #[test]
    fn before_the_first_event_all_histories_are_empty() {
        let before = snapshot_before(&snapshot(), 0);
        assert!(before.history == History::without_events(2) && before.sign_ups.item.is_empty());
    }

    /// A naive implementation: the history and the sign-ups before the cut, event by event.
    fn naive(snapshot: &Snapshot, cut: i64) -> (History, SignUps) {
        let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
        let mut sign_ups = SignUps { starts: vec![0], ..SignUps::default() };
        for member in 0..snapshot.members.id.len() {
            let mut last: BTreeMap<u32, EventKind> = BTreeMap::new();
            for row in snapshot.history.of(member).filter(|&row| snapshot.history.at(row) < cut) {
                let (item, kind) = (snapshot.history.item(row), snapshot.history.kind(row));
                history.item.push(item);
                history.kind.push(kind);
                history.at.push(snapshot.history.at(row));
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
        (history.into(), sign_ups)
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
        let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
        snapshot.sign_ups.starts.push(0);
        for (member, events) in members.iter().enumerate() {
            snapshot.members.id.push(format!("m{member}"));
            snapshot.members.union.push(if member % 3 == 2 { NONE } else { member as u32 % 3 });
            let mut events = events.clone();
            events.sort_unstable();
            for &(at, item, kind) in &events {
                history.at.push(at);
                history.item.push(item);
                history.kind.push(KINDS[kind]);
            }
            // Current sign-ups for some of the items, not sorted by item.
            for (n, &(_, item, kind)) in events.iter().rev().enumerate().filter(|(n, _)| n % 2 == 0) {
                snapshot.sign_ups.item.push(item);
                snapshot.sign_ups.status.push(STATUSES[kind % 4]);
                snapshot.sign_ups.tickets.push(1 + n as u32 % 3);
                snapshot.sign_ups.children.push(n as u32 % 2);
            }
            history.starts.push(history.at.len() as u64);
            snapshot.sign_ups.starts.push(snapshot.sign_ups.item.len() as u64);
        }
        snapshot.history = history.into();
        snapshot
    }

    proptest! {
        #[test]
        fn every_cut_gives_the_result_of_the_naive_implementation(
            members in prop::collection::vec(
                prop::collection::vec((0_i64..50, 0_u32..6, 0_usize..5), 0..12), 0..30,
            ),
            cut in -1_i64..52,
        ) {
            let snapshot = random(&members);
            let before = snapshot_before(&snapshot, cut);
            let (history, sign_ups) = naive(&snapshot, cut);
            let (seats_taken, seats_by_union) = seats(&sign_ups, &snapshot.members.union, 6);
            prop_assert_eq!(before.history, history);
            prop_assert_eq!(before.sign_ups, sign_ups);
            prop_assert_eq!((before.items.seats_taken, before.items.seats_by_union), (seats_taken, seats_by_union));
            prop_assert_eq!(before.members.segment, vec![NONE; members.len()]);
        }
    }
}
