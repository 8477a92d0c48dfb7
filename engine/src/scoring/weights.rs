//! Weights of events as evidence of a member's interests.

use zhihui_data::snapshot::{EventKind, EventWeight};

/// Weight of an event in the user-item matrix, in preferences and in popularity. 0 for events that are not the member's
/// own action.
///
/// Training and the live overlay both use it, so that a folded-in vector equals the trained one. Of several events of
/// one member on one item, only the heaviest counts.
#[must_use]
pub fn interaction_weight(kind: EventKind) -> f32 {
    match kind {
        EventKind::Read => 1.0,
        EventKind::Share => 2.0,
        EventKind::SignUp | EventKind::Attended => 3.0,
        EventKind::Shown | EventKind::Cancel | EventKind::Push | EventKind::HoldOut | EventKind::Feedback => 0.0,
    }
}

/// Weight of an event in the user-item matrix: that of its kind times its own.
#[must_use]
pub fn event_weight(kind: EventKind, weight: EventWeight) -> f32 {
    interaction_weight(kind) * weight.factor()
}

/// Weight of an event in preferences and in popularity, before decay. 0 for events that are not the member's own
/// action.
///
/// It does not depend on the kind, because a sign-up is one act of attention, like a read.
#[must_use]
pub fn attention_weight(kind: EventKind, weight: EventWeight) -> f32 {
    interaction_weight(kind).min(1.0) * weight.factor()
}
