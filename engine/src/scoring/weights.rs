//! How much each kind of event says about what a member likes.

use zhihui_data::snapshot::EventKind;

/// Weight of one event in the user-item matrix, in preferences and in popularity; 0 for what is not the own choice.
///
/// Training and the live overlay both use it, so that a vector folded in is the vector that training would give. Of
/// several events of one member on one item the heaviest counts, once.
#[must_use]
pub fn interaction_weight(kind: EventKind) -> f32 {
    match kind {
        EventKind::Read => 1.0,
        EventKind::Share => 2.0,
        EventKind::SignUp | EventKind::Attended => 3.0,
        EventKind::Shown | EventKind::Cancel | EventKind::Push | EventKind::HoldOut | EventKind::Feedback => 0.0,
    }
}
