//! Simple rules that order members for an item, implemented from their definitions and independent of the engine.

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

/// Names of the rules, in the order of their results.
pub(super) const RULES: [&str; 5] = ["chance", "active_lately", "topic_activity", "item_knn", "segment_popularity"];
/// Number of rules that order members; chance gives an expectation only.
pub(super) const ORDERS: usize = RULES.len() - 1;

/// Returns the first `limit` members by each rule that orders members, in the order of [`RULES`] without chance.
pub(super) fn lists(
    snapshot: &Snapshot,
    actions: &Actions,
    item: u32,
    members: &[u32],
    limit: usize,
) -> [Vec<u32>; ORDERS] {
    let active = active_lately::scores(actions, members);
    let topic = topic_activity::scores(snapshot, actions, item, members);
    let knn = item_knn::scores(actions, item, members);
    let segment = segment_popularity::scores(snapshot, actions, item, members);
    let none = vec![0.0; members.len()];
    let rules = [(&active, &none), (&topic, &active), (&knn, &none), (&segment, &active)];
    rules.map(|(scores, ties)| first(members, scores, ties, limit))
}

/// Returns the `limit` members with the highest scores. Equal scores are ordered by `ties`, then by index.
fn first(members: &[u32], scores: &[f64], ties: &[f64], limit: usize) -> Vec<u32> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    let best_first = |&left: &usize, &right: &usize| {
        let by_score = scores[right].total_cmp(&scores[left]);
        by_score.then(ties[right].total_cmp(&ties[left])).then(members[left].cmp(&members[right]))
    };
    if order.len() > limit {
        order.select_nth_unstable_by(limit, best_first);
        order.truncate(limit);
    }
    order.par_sort_unstable_by(best_first);
    order.into_iter().map(|at| members[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_data::ItemKind;
    use zhihui_data::snapshot::{EventColumns, EventKind, History, Lists, SignUps};

    /// Four members and three activities with topics 0, 0 and 1. The snapshot is 60 days after time 0.
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
        snapshot.history = History::from(EventColumns {
            starts: vec![0, 2, 3, 5, 6],
            item: vec![0, 1, 2, 1, 2, 1],
            kind: vec![EventKind::SignUp; 6],
            at: vec![days(30), days(60), days(59), days(0), days(30), days(0)],
            ..EventColumns::default()
        });
        snapshot.sign_ups = SignUps { starts: vec![0; 5], ..SignUps::default() };
        snapshot
    }

    #[test]
    fn every_rule_orders_by_its_definition() {
        let snapshot = town();
        let actions = Actions::of(&snapshot);
        let [active, topic, knn, segment] = lists(&snapshot, &actions, 0, &[1, 2, 3], 3);
        assert_eq!(active, [1, 2, 3], "sums 0.98, 0.75 and 0.25");
        assert_eq!(topic, [2, 3, 1], "0.25 and 0.25, decided by activity, then nothing");
        // m0 responded to items 0 and 1; m2 and m3 responded to item 1.
        assert_eq!(knn, [2, 3, 1]);
        assert_eq!(segment, [1, 2, 3], "m0 is in the band of m1");
    }

    #[test]
    fn cancelled_sign_ups_and_sensitive_items_are_no_actions() {
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
