//! Labels that several nouns share: kinds of items, events, lifecycle stages, sex.

use zhihui_data::ItemKind;
use zhihui_data::snapshot::EventKind;

use super::locale::Locale;

/// Kind of an item.
pub(crate) fn kind(kind: ItemKind, t: Locale) -> &'static str {
    match kind {
        ItemKind::Article => t.labels_kind_article(),
        ItemKind::Activity => t.labels_kind_activity(),
        ItemKind::Service => t.labels_kind_service(),
        ItemKind::Product => t.labels_kind_product(),
        ItemKind::Venue => t.labels_kind_venue(),
    }
}

/// Kind of an event in a member's history.
pub(crate) fn event(kind: EventKind, t: Locale) -> &'static str {
    match kind {
        EventKind::Read => t.labels_event_read(),
        EventKind::Share => t.labels_event_share(),
        EventKind::Shown => t.labels_event_shown(),
        EventKind::SignUp => t.labels_event_sign_up(),
        EventKind::Attended => t.labels_event_attended(),
        EventKind::Cancel => t.labels_event_cancel(),
        EventKind::Push => t.labels_event_push(),
        EventKind::HoldOut => t.labels_event_hold_out(),
        EventKind::Feedback => t.labels_event_feedback(),
    }
}

/// Lifecycle stage of a member.
pub(crate) fn lifecycle(stage: &str, t: Locale) -> &str {
    match stage {
        "silent" => t.labels_lifecycle_silent(),
        "new" => t.labels_lifecycle_new(),
        "active" => t.labels_lifecycle_active(),
        "returning" => t.labels_lifecycle_returning(),
        "fading" => t.labels_lifecycle_fading(),
        "dormant" => t.labels_lifecycle_dormant(),
        other => other,
    }
}

/// Sex, by its code in the snapshot.
pub(crate) fn gender(code: u8, t: Locale) -> &'static str {
    match code {
        1 => t.labels_sex_male(),
        2 => t.labels_sex_female(),
        _ => t.labels_sex_unknown(),
    }
}

/// Translates the value `unknown` and keeps all others.
pub(crate) fn known(value: &str, t: Locale) -> &str {
    if value == "unknown" { t.labels_unknown() } else { value }
}
