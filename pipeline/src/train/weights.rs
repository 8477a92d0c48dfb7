//! Converts events to the weights that models learn from.

use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_engine::event_weight;
use zhihui_models::profile::popularity::decayed_weight;
use zhihui_models::{ModelError, UserItems};

use super::windows::DAY;

/// Returns the exponential decay of an age.
pub(super) fn decay(age_seconds: i64, half_life_days: f64) -> f32 {
    decayed_weight(age_seconds as f64, half_life_days * DAY as f64)
}

/// Returns for each item whether it has a sensitive topic.
pub(super) fn sensitive_items(snapshot: &Snapshot) -> Vec<bool> {
    let is_sensitive = |topic: &u32| snapshot.sensitive_topics.contains(topic);
    (0..snapshot.items.id.len()).map(|item| snapshot.items.topics.row(item).iter().any(is_sensitive)).collect()
}

/// Returns the members × items matrix, whose rows are those of [`weighed_items`].
///
/// # Errors
/// [`ModelError`] if an index is out of range, which a checked snapshot rules out.
pub(super) fn matrix(snapshot: &Snapshot) -> Result<UserItems, ModelError> {
    let (n_members, n_items) = (snapshot.members.id.len(), snapshot.items.id.len());
    let is_sensitive = sensitive_items(snapshot);
    UserItems::from_rows(n_members, n_items, |member, entries| weighed_items(snapshot, &is_sensitive, member, entries))
}

/// Appends a member's items with their weights to the empty `entries`, by item. Members without personalised lists, items with a
/// sensitive topic and cancelled sign-ups are left out. Several events on one item count once, with the highest weight, as in folding
/// in.
pub(super) fn weighed_items(snapshot: &Snapshot, is_sensitive: &[bool], member: usize, entries: &mut Vec<(u32, f32)>) {
    if !snapshot.members.personalised[member] {
        return;
    }
    let history = &snapshot.history;
    let withdrawn = history.withdrawn(member, i64::MAX);
    let is_current =
        |&event: &usize| history.kind(event) != EventKind::SignUp || !withdrawn.contains(&history.item(event));
    let weighed = |event: usize| (history.item(event), event_weight(history.kind(event), history.weight_of(event)));
    entries.extend(history.of(member).filter(is_current).map(weighed).filter(|&(_, weight)| weight > 0.0));
    entries.retain(|&(item, _)| !is_sensitive[item as usize]);
    entries.sort_unstable_by(|left, right| left.0.cmp(&right.0).then(right.1.total_cmp(&left.1)));
    entries.dedup_by_key(|&mut (item, _)| item);
}

#[cfg(test)]
pub(super) mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use zhihui_data::ItemKind;
    use zhihui_data::snapshot::{EventColumns, Lists, NONE, Unattributed};
    use zhihui_engine::interaction_weight;

    use super::*;

    /// A thousand members, some without personalised lists, and twelve items with up to two topics. Topic 2 is
    /// sensitive.
    pub(in crate::train) fn random() -> Snapshot {
        const KINDS: [EventKind; 5] =
            [EventKind::Read, EventKind::Share, EventKind::SignUp, EventKind::Cancel, EventKind::Shown];
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut snapshot = Snapshot { as_of: 90 * DAY, sensitive_topics: vec![2], ..Snapshot::default() };
        snapshot.topics = (0..5).map(|topic| format!("t{topic}")).collect();
        snapshot.items.id = (0..12).map(|item| format!("a{item}")).collect();
        snapshot.items.kind =
            (0..12).map(|item| if item % 2 == 0 { ItemKind::Article } else { ItemKind::ALL[1] }).collect();
        let topics = (0..12_u32).map(|item| if item % 4 == 3 { vec![item % 5] } else { vec![item % 2, 2 + item % 3] });
        snapshot.items.topics = Lists::from_rows(topics);
        snapshot.items.district = vec![NONE; 12];
        let mut events = EventColumns { starts: vec![0], ..EventColumns::default() };
        for member in 0..1000 {
            snapshot.members.id.push(format!("m{member}"));
            snapshot.members.age_band.push(rng.gen_range(0..8));
            snapshot.members.personalised.push(member % 7 != 0);
            for _ in 0..rng.gen_range(0..20) {
                events.item.push(rng.gen_range(0..12));
                events.kind.push(KINDS[rng.gen_range(0..5)]);
                events.at.push(rng.gen_range(0..90) * DAY);
            }
            let from = events.starts[member] as usize;
            events.at[from..].sort_unstable();
            events.starts.push(events.at.len() as u64);
        }
        snapshot.history = events.into();
        snapshot.unattributed = Unattributed {
            item: (0..40).map(|n| n % 12).collect(),
            kind: (0..40).map(|n| KINDS[n % 5]).collect(),
            at: (0..40).map(|n| n * DAY).collect(),
            age_band: (0..40).map(|n| n % 8).collect(),
            ..Unattributed::default()
        };
        snapshot
    }

    /// Returns whether an event is a sign-up whose item the member last cancelled.
    pub(in crate::train) fn is_withdrawn(snapshot: &Snapshot, member: usize, event: usize) -> bool {
        let history = &snapshot.history;
        let of_item = |&at: &usize| {
            let decides = matches!(history.kind(at), EventKind::SignUp | EventKind::Attended | EventKind::Cancel);
            history.item(at) == history.item(event) && decides
        };
        let last = history.of(member).rfind(of_item);
        history.kind(event) == EventKind::SignUp && last.is_some_and(|at| history.kind(at) == EventKind::Cancel)
    }

    #[test]
    fn only_the_highest_weight_on_an_item_counts() {
        let snapshot = random();
        let history = &snapshot.history;
        let mut expected = vec![[0.0_f32; 12]; 1000];
        for member in (0..1000).filter(|member| member % 7 != 0) {
            for event in history.of(member) {
                let item = history.item(event) as usize;
                if !snapshot.items.topics.row(item).contains(&2) && !is_withdrawn(&snapshot, member, event) {
                    let weight = &mut expected[member][item];
                    *weight = weight.max(interaction_weight(history.kind(event)));
                }
            }
        }
        let matrix = matrix(&snapshot).expect("a matrix");
        for (member, (row, expected)) in matrix.rows().zip(&expected).enumerate() {
            let dense = |item: usize| row.weight(item as u32);
            assert_eq!((0..12).map(dense).collect::<Vec<f32>>(), expected, "member {member}");
            assert!(row.weights.iter().all(|&weight| weight > 0.0), "member {member}");
        }
    }
}
