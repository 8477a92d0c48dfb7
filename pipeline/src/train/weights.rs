//! From what members did to the weights that models learn from.

use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_models::{ModelError, UserItems};

use super::windows::DAY;

/// What an event says about liking; zero for events that say nothing.
pub(super) fn liking(kind: EventKind) -> f32 {
    match kind {
        EventKind::Read => 1.0,
        EventKind::Share => 2.0,
        EventKind::SignUp => 3.0,
        EventKind::Attended => 1.0,
        EventKind::Shown | EventKind::Cancel | EventKind::Push | EventKind::HoldOut | EventKind::Feedback => 0.0,
    }
}

/// Half of it after every half-life.
pub(super) fn decay(age_seconds: i64, half_life_days: f64) -> f32 {
    (-(age_seconds.max(0) as f64) / (half_life_days * DAY as f64)).exp2() as f32
}

/// The members × items matrix of decayed liking at the snapshot's instant; repeated events add up to at most twice the
/// liking of the strongest one, so that a page reloaded all day is no passion.
///
/// # Errors
/// [`ModelError`] when indices contradict the shape, which a checked snapshot cannot.
pub fn matrix(snapshot: &Snapshot, half_life_days: f64) -> Result<UserItems, ModelError> {
    let (n_members, n_items) = (snapshot.members.id.len(), snapshot.items.id.len());
    let mut triplets = Vec::with_capacity(snapshot.history.item.len());
    let mut of_member: Vec<(u32, f32, f32)> = Vec::new();
    for member in 0..n_members {
        of_member.clear();
        for event in snapshot.history.of(member) {
            let base = liking(snapshot.history.kind[event]);
            if base > 0.0 {
                let age = snapshot.as_of - snapshot.history.at[event];
                of_member.push((snapshot.history.item[event], base * decay(age, half_life_days), base));
            }
        }
        of_member.sort_unstable_by_key(|&(item, ..)| item);
        for same in of_member.chunk_by(|left, right| left.0 == right.0) {
            let sum: f32 = same.iter().map(|&(_, weight, _)| weight).sum();
            let cap = same.iter().map(|&(.., base)| 2.0 * base).fold(0.0, f32::max);
            triplets.push((member as u32, same[0].0, sum.min(cap)));
        }
    }
    UserItems::from_triplets(n_members, n_items, triplets)
}
