//! The three stretches of time that training needs: before, to fit on, to judge on.

use zhihui_data::snapshot::{EventKind, Snapshot};

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// Cuts of the history; every interval is half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Where the window begins on which the rankers are fitted.
    pub fit_from: i64,
    /// Where the window begins on which they are calibrated and judged.
    pub test_from: i64,
    /// Its end: the snapshot's instant, or just after the last event where that is long before.
    pub until: i64,
}

impl Windows {
    /// Two windows of a sixth of the history each, at most 14 days, at the end of what happened; `None` without history.
    ///
    /// A log that ends long before the snapshot's instant is judged on its own last days.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        let responses = snapshot.history.kind.iter().zip(&snapshot.history.at);
        let times =
            responses.filter(|(kind, _)| matches!(kind, EventKind::Read | EventKind::SignUp)).map(|(_, &at)| at);
        let (first, last) = times.fold((i64::MAX, i64::MIN), |(first, last), at| (first.min(at), last.max(at)));
        if first > last {
            return None;
        }
        let until = snapshot.as_of.min(last + 1);
        let length = ((until - first) / 6).min(14 * DAY);
        (length > 0).then_some(Self { fit_from: until - 2 * length, test_from: until - length, until })
    }
}
