//! The three stretches of time that training needs: before, to fit on, to judge on.

use zhihui_data::snapshot::{EventKind, Snapshot};

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;

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
    /// The history is where the bulk of the reads and sign-ups lies, a thousandth at either end left out: a log that ends
    /// long before the snapshot's instant, or trickles out, is judged on its own last days.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        let (first, until) = bulk(snapshot)?;
        let length = ((until - first) / 6).min(14 * DAY);
        (length > 0).then_some(Self { fit_from: until - 2 * length, test_from: until - length, until })
    }
}

/// From when until when the bulk of the reads and sign-ups lies; `None` without history.
pub(crate) fn bulk(snapshot: &Snapshot) -> Option<(i64, i64)> {
    let responses = snapshot.history.kind.iter().zip(&snapshot.history.at);
    let response = |kind: &EventKind| matches!(kind, EventKind::Read | EventKind::SignUp);
    let mut times: Vec<i64> = responses.filter(|(kind, _)| response(kind)).map(|(_, &at)| at).collect();
    let edge = times.len() / 1000;
    let end = times.len().checked_sub(edge + 1)?;
    let first = *times.select_nth_unstable(edge).1;
    let last = *times.select_nth_unstable(end).1;
    Some((first, snapshot.as_of.min(last + 1)))
}
