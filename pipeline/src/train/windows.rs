//! The fitting window and the test window of a training, at the end of the history.

use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::item_group::group_of;

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;
/// Maximum length of a window in days, if it has enough responses.
const MAX_DAYS: i64 = 14;
/// Minimum length of a window in days, if two windows leave a fifth of the history: the time to respond and a day, for
/// sign-ups and for reads.
const MIN_DAYS: [i64; 2] = [8, 4];
/// Minimum number of responses of a group in a window, if a sixth of the history has them.
const MIN_RESPONSES: usize = 3_000;

/// Cuts of the history. Intervals are half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Start of the fitting window.
    pub fit_from: i64,
    /// Start of the test window.
    pub test_from: i64,
    /// End of the test window: the snapshot's instant, or just after the last event if that is much earlier.
    pub until: i64,
}

impl Windows {
    /// Returns two windows at the end of the history, or `None` without history. Each is at most a sixth of the
    /// history, if that is 8 days or more.
    ///
    /// Each window has 14 days, or as many as the last 3,000 reads or sign-ups took, whichever is longer. In a history
    /// of a few weeks each has at most two fifths of it, so that two days have the whole time to respond. The history
    /// is the busy period: a thousandth of the reads and sign-ups at either end is left out, so that a log that ends
    /// early or trickles out is judged on its own last days.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        let (first, until) = busy_period(snapshot)?;
        let needed =
            [ItemGroup::Articles, ItemGroup::Activities].map(|group| recent_responses_seconds(snapshot, group, until));
        let least = MIN_DAYS.into_iter().map(|days| days * DAY).find(|&length| 5 * length <= 2 * (until - first));
        let length = ((until - first) / 6).min((MAX_DAYS * DAY).max(needed[0]).max(needed[1])).max(least.unwrap_or(0));
        (length > 0).then_some(Self { fit_from: until - 2 * length, test_from: until - length, until })
    }
}

/// Returns the seconds that the last [`MIN_RESPONSES`] of a group took, or 0 if there are hardly any.
fn recent_responses_seconds(snapshot: &Snapshot, group: ItemGroup, until: i64) -> i64 {
    let history = &snapshot.history;
    let is_response = |at: &usize| {
        matches!(history.kind(*at), EventKind::Read | EventKind::SignUp)
            && history.at(*at) < until
            && group_of(snapshot, history.item(*at) as usize) == group
    };
    let mut times: Vec<i64> = history.places().filter(is_response).map(|at| history.at(at)).collect();
    if times.len() < MIN_RESPONSES / 10 {
        return 0;
    }
    let first = times.len().saturating_sub(MIN_RESPONSES);
    until - *times.select_nth_unstable(first).1
}

/// Returns the first and last time of reads and sign-ups without a thousandth at either end, or `None` without history.
pub(crate) fn busy_period(snapshot: &Snapshot) -> Option<(i64, i64)> {
    let history = &snapshot.history;
    let responds = |&event: &usize| matches!(history.kind(event), EventKind::Read | EventKind::SignUp);
    let mut times: Vec<i64> = history.places().filter(responds).map(|event| history.at(event)).collect();
    let edge = times.len() / 1000;
    let end = times.len().checked_sub(edge + 1)?;
    let first = *times.select_nth_unstable(edge).1;
    let last = *times.select_nth_unstable(end).1;
    Some((first, snapshot.as_of.min(last + 1)))
}

#[cfg(test)]
mod tests {
    use zhihui_data::ItemKind;
    use zhihui_data::snapshot::{EventColumns, History, Items, Members};

    use super::*;

    /// Returns the length in days of the windows of a log with one read an hour.
    fn length(days: i64) -> i64 {
        let at: Vec<i64> = (0..=24 * days).map(|hour| hour * 3_600).collect();
        let history = History::from(EventColumns {
            starts: vec![0, at.len() as u64],
            item: vec![0; at.len()],
            kind: vec![EventKind::Read; at.len()],
            at,
            ..EventColumns::default()
        });
        let items = Items { id: vec!["a".into()], kind: vec![ItemKind::Article], ..Items::default() };
        let members = Members { id: vec!["m".into()], ..Members::default() };
        let as_of = 1_000 * DAY;
        let windows =
            Windows::of(&Snapshot { as_of, items, members, history, ..Snapshot::default() }).expect("windows");
        assert_eq!(windows.until - windows.test_from, windows.test_from - windows.fit_from);
        (windows.until - windows.test_from) / DAY
    }

    #[test]
    fn windows_of_a_short_log_exceed_the_time_to_respond_if_a_fifth_remains_before_them() {
        assert_eq!([9, 10, 16, 20, 60, 365].map(length), [1, 4, 4, 8, 9, 60]);
    }
}
