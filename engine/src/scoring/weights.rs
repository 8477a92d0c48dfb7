//! How much each kind of event says about what a member likes.

use zhihui_data::snapshot::{EventKind, EventWeight};

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

/// Weight of one event in the user-item matrix: that of its kind times its own.
#[must_use]
pub fn event_weight(kind: EventKind, weight: EventWeight) -> f32 {
    interaction_weight(kind) * weight.factor()
}

/// Weight of one event in preferences and in popularity, before it is halved by age; 0 for what is not the own choice.
///
/// It is the event's own whatever its kind, because a sign-up is one act of attention as a read is.
#[must_use]
pub fn attention_weight(kind: EventKind, weight: EventWeight) -> f32 {
    interaction_weight(kind).min(1.0) * weight.factor()
}
