//! The three stretches of time that training needs: before, to fit on, to judge on.

use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::learn::group_of;

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;
/// Days of a window at most, where they hold enough responses.
const DAYS: i64 = 14;
/// Days that a window is long at least, where two windows leave a fifth of the history before them: the time to respond and a day,
/// for sign-ups and for reads.
const FEWEST_DAYS: [i64; 2] = [8, 4];
/// Responses of a kind of items that a window holds at least, where a sixth of the history has them.
const RESPONSES: usize = 3_000;

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
    /// Two windows at the end of what happened, a sixth of the history each at most where that is 8 days or more; `None` without
    /// history.
    ///
    /// Each is 14 days long, or as long as the last 3,000 reads or sign-ups took, whichever took longer, so that where
    /// little happens there is something to learn from. In a history of a few weeks each is two fifths of it at most, where
    /// only so two mornings have the whole time to respond in it. The history is where the bulk of the reads and sign-ups lies, a
    /// thousandth at either end left out: a log that ends long before the snapshot's instant, or trickles out, is judged
    /// on its own last days.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        let (first, until) = bulk(snapshot)?;
        let needed = [ItemGroup::Articles, ItemGroup::Activities].map(|group| took(snapshot, group, until));
        let least = FEWEST_DAYS.into_iter().map(|days| days * DAY).find(|&length| 5 * length <= 2 * (until - first));
        let length = ((until - first) / 6).min((DAYS * DAY).max(needed[0]).max(needed[1])).max(least.unwrap_or(0));
        (length > 0).then_some(Self { fit_from: until - 2 * length, test_from: until - length, until })
    }
}

/// Seconds that the last [`RESPONSES`] of a kind of items took; 0 where there are hardly any at all.
fn took(snapshot: &Snapshot, group: ItemGroup, until: i64) -> i64 {
    let history = &snapshot.history;
    let is_response = |at: &usize| {
        matches!(history.kind[*at], EventKind::Read | EventKind::SignUp)
            && history.at[*at] < until
            && group_of(snapshot, history.item[*at] as usize) == group
    };
    let mut times: Vec<i64> = (0..history.at.len()).filter(is_response).map(|at| history.at[at]).collect();
    if times.len() < RESPONSES / 10 {
        return 0;
    }
    let place = times.len().saturating_sub(RESPONSES);
    until - *times.select_nth_unstable(place).1
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

#[cfg(test)]
mod tests {
    use zhihui_data::ItemKind;
    use zhihui_data::snapshot::{History, Items, Members};

    use super::*;

    /// The length in days of the windows of a log of so many days with a read in every hour.
    fn length(days: i64) -> i64 {
        let at: Vec<i64> = (0..=24 * days).map(|hour| hour * 3_600).collect();
        let history = History {
            starts: vec![0, at.len() as u64],
            item: vec![0; at.len()],
            kind: vec![EventKind::Read; at.len()],
            at,
            ..History::default()
        };
        let items = Items { id: vec!["a".into()], kind: vec![ItemKind::Article], ..Items::default() };
        let members = Members { id: vec!["m".into()], ..Members::default() };
        let as_of = 1_000 * DAY;
        let windows =
            Windows::of(&Snapshot { as_of, items, members, history, ..Snapshot::default() }).expect("windows");
        assert_eq!(windows.until - windows.test_from, windows.test_from - windows.fit_from);
        (windows.until - windows.test_from) / DAY
    }

    #[test]
    fn a_short_log_has_windows_longer_than_the_time_to_respond_where_they_leave_a_fifth_before_them() {
        assert_eq!([9, 10, 16, 20, 60, 365].map(length), [1, 4, 4, 8, 9, 60]);
    }
}
