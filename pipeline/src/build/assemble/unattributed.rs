//! Moves events of deleted topics out of members' histories; totals still count them.

use std::collections::HashMap;

use zhihui_data::snapshot::{Event, EventKind, EventWeight, LoggedPlace, Propensities, Snapshot, Unattributed};
use zhihui_engine::overlay::DeletedTopic;

/// Moves the events before a topic's deletion to [`Unattributed`]. Pushes, hold-outs and cancellations stay, because caps and
/// seats need them.
pub(super) fn split_unattributed(snapshot: &mut Snapshot, deleted_topics: &[DeletedTopic]) {
    let deleted = deletions(snapshot, deleted_topics);
    if deleted.is_empty() {
        return;
    }
    let mut unattributed: Vec<(i64, u32, EventKind, u8, EventWeight)> = Vec::new();
    let (topics, age_band) = (&snapshot.items.topics, &snapshot.members.age_band);
    snapshot.history.retain(|member, Event { at, kind, item, weight }| {
        let topics = topics.row(item as usize).iter();
        let until = topics.filter_map(|&topic| deleted.get(&(member as u32, topic))).max();
        let is_choice = !matches!(kind, EventKind::Cancel | EventKind::Push | EventKind::HoldOut);
        let is_deleted = is_choice && until.is_some_and(|&until| at <= until);
        if is_deleted {
            unattributed.push((at, item, kind, age_band[member], weight));
        }
        !is_deleted
    });
    let places = std::mem::take(&mut snapshot.propensities);
    let is_kept = |place: &LoggedPlace| {
        let topics = snapshot.items.topics.row(place.item as usize).iter();
        let until = topics.filter_map(|&topic| deleted.get(&(place.member, topic))).max();
        until.is_none_or(|&until| place.at > until)
    };
    snapshot.propensities = Propensities::from_rows(places.rows().filter(is_kept));
    unattributed.sort_unstable();
    snapshot.unattributed = Unattributed {
        item: unattributed.iter().map(|event| event.1).collect(),
        kind: unattributed.iter().map(|event| event.2).collect(),
        at: unattributed.iter().map(|event| event.0).collect(),
        age_band: unattributed.iter().map(|event| event.3).collect(),
        weight: unattributed.iter().map(|event| event.4).collect(),
    };
}

/// Returns the instant of each deletion, by member and topic. Events up to it are deleted.
fn deletions(snapshot: &Snapshot, deleted_topics: &[DeletedTopic]) -> HashMap<(u32, u32), i64> {
    let mut until = HashMap::new();
    for deleted in deleted_topics {
        let member = snapshot.members.id.binary_search(&deleted.member_id);
        let topic = snapshot.topics.binary_search(&deleted.topic);
        if let (Ok(member), Ok(topic)) = (member, topic) {
            let at = until.entry((member as u32, topic as u32)).or_insert(deleted.at);
            *at = deleted.at.max(*at);
        }
    }
    until
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_data::snapshot::{EventColumns, History, Lists};

    #[test]
    fn deleted_events_lose_their_member_and_stay_in_totals() {
        let mut snapshot = Snapshot { topics: vec!["films".into(), "tea".into()], ..Snapshot::default() };
        snapshot.members.id = vec!["m1".into(), "m2".into()];
        snapshot.members.age_band = vec![1, 2];
        snapshot.items.topics = Lists::from_rows([vec![0], vec![1]]);
        snapshot.history = History::from(EventColumns {
            starts: vec![0, 4, 5],
            item: vec![0, 0, 1, 0, 0],
            kind: vec![EventKind::Push, EventKind::Read, EventKind::SignUp, EventKind::Read, EventKind::Read],
            at: vec![9, 10, 20, 30, 7],
            ..EventColumns::default()
        });
        let place = |at| LoggedPlace { member: 0, item: 0, at, propensity: 0.5, explored: true };
        snapshot.propensities = Propensities::from_rows([place(10), place(30)]);
        let deleted = [DeletedTopic { member_id: "m1".into(), topic: "films".into(), at: 10 }];
        split_unattributed(&mut snapshot, &deleted);
        let history = EventColumns::from(&snapshot.history);
        assert_eq!((history.starts, history.at), (vec![0, 3, 4], vec![9, 20, 30, 7]));
        assert_eq!(snapshot.propensities.at, [30]);
        assert_eq!((snapshot.unattributed.at, snapshot.unattributed.age_band), (vec![10], vec![1]));
    }
}
