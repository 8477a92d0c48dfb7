//! Labels of items.

use zhihui_engine::insight::Phase;

use crate::web::locale::Locale;

/// Phase of an item.
pub(crate) fn phase(phase: Phase, is_article: bool, t: Locale) -> &'static str {
    match phase {
        Phase::Open if is_article => t.items_phase_published(),
        Phase::Open => t.items_phase_open(),
        Phase::Full => t.items_phase_full(),
        Phase::NotOpenYet => t.items_phase_not_open_yet(),
        Phase::Closed => t.items_phase_closed(),
        Phase::Ended => t.items_phase_ended(),
    }
}
