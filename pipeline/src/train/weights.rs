//! From what members did to the weights that models learn from.

use zhihui_data::snapshot::Snapshot;
use zhihui_engine::interaction_weight;
use zhihui_models::{ModelError, UserItems};

use super::windows::DAY;

/// Half of it after every half-life.
pub(super) fn decay(age_seconds: i64, half_life_days: f64) -> f32 {
    (-(age_seconds.max(0) as f64) / (half_life_days * DAY as f64)).exp2() as f32
}

/// Whether each item has a sensitive topic.
pub(super) fn sensitive_items(snapshot: &Snapshot) -> Vec<bool> {
    let is_sensitive = |topic: &u32| snapshot.sensitive_topics.contains(topic);
    (0..snapshot.items.id.len()).map(|item| snapshot.items.topics.row(item).iter().any(is_sensitive)).collect()
}

/// The members × items matrix without items of sensitive topics and without members who refused personalised lists, from
/// whom nothing is learnt either: of several events of one member on one item the heaviest counts, once, as it does when a
/// member's vector is folded in.
///
/// # Errors
/// [`ModelError`] when indices contradict the shape, which a checked snapshot cannot.
pub(super) fn matrix(snapshot: &Snapshot) -> Result<UserItems, ModelError> {
    let (n_members, n_items) = (snapshot.members.id.len(), snapshot.items.id.len());
    let mut triplets = Vec::with_capacity(snapshot.history.item.len());
    let mut of_member: Vec<(u32, f32)> = Vec::new();
    let is_sensitive = sensitive_items(snapshot);
    for member in (0..n_members).filter(|&member| snapshot.members.personalised[member]) {
        let weighed = |event: usize| (snapshot.history.item[event], interaction_weight(snapshot.history.kind[event]));
        of_member.clear();
        of_member.extend(snapshot.history.of(member).map(weighed).filter(|&(_, weight)| weight > 0.0));
        of_member.retain(|&(item, _)| !is_sensitive[item as usize]);
        of_member.sort_unstable_by(|left, right| left.0.cmp(&right.0).then(right.1.total_cmp(&left.1)));
        of_member.dedup_by_key(|&mut (item, _)| item);
        triplets.extend(of_member.iter().map(|&(item, weight)| (member as u32, item, weight)));
    }
    UserItems::from_triplets(n_members, n_items, triplets)
}
