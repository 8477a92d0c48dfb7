//! Simple rules that order members for an item, written from their definitions and independent of the engine.

mod actions;
mod active_lately;
mod chance;
mod item_knn;
mod segment_popularity;
mod topic_activity;

use rayon::prelude::*;
use zhihui_data::snapshot::Snapshot;

pub(super) use actions::Actions;
pub(super) use chance::expected;

/// Names of the rules, in the order of their figures.
pub(super) const RULES: [&str; 5] = ["chance", "active_lately", "topic_activity", "item_knn", "segment_popularity"];
/// Rules that give a list; chance gives an expectation.
pub(super) const ORDERS: usize = RULES.len() - 1;

/// The first `most` members by every rule that gives a list, in the order of [`RULES`] without chance.
pub(super) fn lists(
    snapshot: &Snapshot,
    actions: &Actions,
    item: u32,
    members: &[u32],
    most: usize,
) -> [Vec<u32>; ORDERS] {
    let active = active_lately::scores(actions, members);
    let topic = topic_activity::scores(snapshot, actions, item, members);
    let knn = item_knn::scores(actions, item, members);
    let segment = segment_popularity::scores(snapshot, actions, item, members);
    let none = vec![0.0; members.len()];
    let rules = [(&active, &none), (&topic, &active), (&knn, &none), (&segment, &active)];
    rules.map(|(scores, ties)| first(members, scores, ties, most))
}

/// The `most` members with the highest scores; among equals the higher `ties`, then the lower index.
fn first(members: &[u32], scores: &[f64], ties: &[f64], most: usize) -> Vec<u32> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    let best_first = |&left: &usize, &right: &usize| {
        let by_score = scores[right].total_cmp(&scores[left]);
        by_score.then(ties[right].total_cmp(&ties[left])).then(members[left].cmp(&members[right]))
    };
    if order.len() > most {
        order.select_nth_unstable_by(most, best_first);
        order.truncate(most);
    }
    order.par_sort_unstable_by(best_first);
    order.into_iter().map(|at| members[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_data::ItemKind;
    use zhihui_data::snapshot::{EventKind, History, Lists, SignUps};

    /// Four members, three activities with the topics 0, 0 and 1; the snapshot is taken 60 days after time 0.
    fn town() -> Snapshot {
        let days = |days: i64| days * 86_400;
        let mut snapshot = Snapshot { as_of: days(60), ..Snapshot::default() };
        snapshot.topics = vec!["a".into(), "b".into()];
        snapshot.members.id = ["m0", "m1", "m2", "m3"].map(str::to_owned).to_vec();
        snapshot.members.personalised = vec![true, true, true, true];
        snapshot.members.age_band = vec![2, 2, 3, 3];
        snapshot.items.id = ["i0", "i1", "i2"].map(str::to_owned).to_vec();
        snapshot.items.kind = vec![ItemKind::Activity; 3];
        snapshot.items.topics = Lists::from_rows([vec![0], vec![0], vec![1]]);
        snapshot.history = History {
            starts: vec![0, 2, 3, 5, 6],
            item: vec![0, 1, 2, 1, 2, 1],
            kind: vec![EventKind::SignUp; 6],
            at: vec![days(30), days(60), days(59), days(0), days(30), days(0)],
            ..History::default()
        };
        snapshot.sign_ups = SignUps { starts: vec![0; 5], ..SignUps::default() };
        snapshot
    }

    #[test]
    fn every_rule_orders_as_it_is_defined() {
        let snapshot = town();
        let actions = Actions::of(&snapshot);
        let [active, topic, knn, segment] = lists(&snapshot, &actions, 0, &[1, 2, 3], 3);
        assert_eq!(active, [1, 2, 3], "sums 0.98, 0.75 and 0.25");
        assert_eq!(topic, [2, 3, 1], "0.25 and 0.25, decided by activity, then nothing");
        // Item 1 shares m0 with item 0: m2 and m3 took it.
        assert_eq!(knn, [2, 3, 1]);
        assert_eq!(segment, [1, 2, 3], "m0 is in the band of m1");
    }

    #[test]
    fn what_was_cancelled_or_is_sensitive_is_no_action() {
        let mut snapshot = town();
        snapshot.sign_ups = SignUps {
            starts: vec![0, 0, 1, 1, 1],
            item: vec![2],
            status: vec![zhihui_data::SignUpStatus::Cancelled],
            tickets: vec![1],
            children: vec![0],
        };
        snapshot.sensitive_topics = vec![0];
        let actions = Actions::of(&snapshot);
        assert_eq!(active_lately::scores(&actions, &[0, 1, 2, 3]), [0.0, 0.0, 0.5, 0.0]);
    }
}
