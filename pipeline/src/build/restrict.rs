//! What was known before an earlier instant: what a model that is judged on later events may see.

use std::collections::BTreeMap;

use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{
    EventKind, History, Items, Members, Model, NO_TIME, NONE, Propensities, SignUps, Snapshot, Unattributed,
};

use super::assemble::seats;

/// The snapshot as it stood before `cut`, in seconds since 1970.
///
/// It holds the events before the cut, the sign-ups that stood then and the seats that they took. Ages, age bands and
/// lifecycle stages stay as they are; what was learnt is left out.
///
/// A sign-up that is absent by now had a seat until its activity began, since nobody could know.
#[must_use]
pub fn restrict(snapshot: &Snapshot, cut: i64) -> Snapshot {
    let n_members = snapshot.members.id.len();
    let mut history = History { starts: vec![0], ..History::default() };
    let mut sign_ups = SignUps { starts: vec![0], ..SignUps::default() };
    for member in 0..n_members {
        let range = snapshot.history.of(member);
        // Events of a member ascend in time.
        let known = range.start + snapshot.history.at[range.clone()].partition_point(|&at| at < cut);
        history.item.extend_from_slice(&snapshot.history.item[range.start..known]);
        history.kind.extend_from_slice(&snapshot.history.kind[range.start..known]);
        history.at.extend_from_slice(&snapshot.history.at[range.start..known]);
        history.starts.push(history.item.len() as u64);
        stand(snapshot, member, range.start..known, cut, &mut sign_ups);
        sign_ups.starts.push(sign_ups.item.len() as u64);
    }
    let (seats_taken, seats_by_union) = seats(&sign_ups, &snapshot.members.union, snapshot.items.id.len());
    Snapshot {
        as_of: cut,
        members: Members { segment: vec![NONE; n_members], ..snapshot.members.clone() },
        items: Items { seats_taken, seats_by_union, ..snapshot.items.clone() },
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
    }
}

/// Adds the sign-ups of one member that stood after the events in `known`.
fn stand(snapshot: &Snapshot, member: usize, known: std::ops::Range<usize>, cut: i64, into: &mut SignUps) {
    let mut last: BTreeMap<u32, EventKind> = BTreeMap::new();
    for row in known {
        let kind = snapshot.history.kind[row];
        if matches!(kind, EventKind::SignUp | EventKind::Attended | EventKind::Cancel) {
            last.insert(snapshot.history.item[row], kind);
        }
    }
    for (item, kind) in last {
        let now = snapshot.sign_ups.of(member).find(|&row| snapshot.sign_ups.item[row] == item);
        let status = match kind {
            EventKind::Attended => SignUpStatus::Attended,
            EventKind::Cancel => SignUpStatus::Cancelled,
            _ => signed_up(snapshot, item, now.map(|row| snapshot.sign_ups.status[row]), cut),
        };
        into.item.push(item);
        into.status.push(status);
        into.tickets.push(now.map_or(1, |row| snapshot.sign_ups.tickets[row]));
        into.children.push(now.map_or(0, |row| snapshot.sign_ups.children[row]));
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
}
