//! Past dates at which lists are made.

use std::collections::BTreeSet;

use chrono::DateTime;
use zhihui_data::snapshot::{EventKind, ItemGroup, Snapshot};

use super::Horizon;
use crate::train::{DAY, busy_period};

/// Dates of a backtest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dates {
    /// A number of midnights, evenly spaced over the second half of the history; fewer if their horizons would overlap.
    Last(usize),
    /// These instants, in seconds since 1970.
    At(Vec<i64>),
    /// The midnights before pushes that were sent in the second half of the history; at most this number, the last ones.
    OfPushes(usize),
}

impl Dates {
    /// Returns the instants, ascending. Each has a history before it, and its horizon ends within the data.
    pub(super) fn choose(&self, assembled: &Snapshot, horizon: Horizon) -> Vec<i64> {
        let Some((first, until)) = busy_period(assembled) else { return Vec::new() };
        let has_activities = assembled.items.kind.iter().any(|&kind| kind != zhihui_data::ItemKind::Article);
        let longest = horizon.seconds(if has_activities { ItemGroup::Activities } else { ItemGroup::Articles });
        match self {
            Self::At(instants) => {
                let mut dates: Vec<i64> =
                    instants.iter().copied().filter(|&at| first < at && at < assembled.as_of).collect();
                dates.sort_unstable();
                dates.dedup();
                dates
            }
            Self::OfPushes(limit) => {
                let midnight = |&at: &i64| midnight(assembled, at);
                let history = &assembled.history;
                let pushes = history.places().filter(|&event| history.kind(event) == EventKind::Push);
                let sent: BTreeSet<i64> = pushes.map(|event| history.at(event)).collect();
                let last = assembled.as_of - longest - DAY;
                let dates: BTreeSet<i64> =
                    sent.range(first + (until - first) / 2..).map(midnight).filter(|&date| date <= last).collect();
                dates.iter().skip(dates.len().saturating_sub(*limit)).copied().collect()
            }
            Self::Last(limit) => {
                // An item may open on the day after a date. Its horizon begins then.
                let step = longest + DAY;
                let half = first + (until - first) / 2;
                let last = until - step;
                if last <= half || *limit == 0 {
                    return Vec::new();
                }
                let count = ((last - half) / step + 1).min(*limit as i64);
                let step = if count > 1 { ((last - half) / (count - 1)).max(step) } else { step };
                let mut dates: Vec<i64> =
                    (0..count).rev().map(|back| midnight(assembled, last - back * step)).collect();
                dates.dedup();
                dates
            }
        }
    }
}

fn midnight(snapshot: &Snapshot, at: i64) -> i64 {
    let at = DateTime::from_timestamp(at, 0).unwrap_or_default();
    snapshot.zone.midnight(snapshot.zone.day(at)).timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zhihui_data::snapshot::{EventColumns, History};

    fn log(days: i64) -> Snapshot {
        let at: Vec<i64> = (0..days * 4).map(|quarter| quarter * DAY / 4).collect();
        let mut snapshot = Snapshot { as_of: days * DAY, ..Snapshot::default() };
        snapshot.members.id = vec!["m".into()];
        snapshot.items.id = vec!["a".into()];
        snapshot.items.kind = vec![zhihui_data::ItemKind::Activity];
        snapshot.history = History::from(EventColumns {
            starts: vec![0, at.len() as u64],
            item: vec![0; at.len()],
            kind: vec![EventKind::SignUp; at.len()],
            at,
            ..EventColumns::default()
        });
        snapshot
    }

    #[test]
    fn horizons_do_not_overlap_and_end_within_the_history() {
        let week = Horizon { days: 7 };
        for (days, count) in [(365, 4), (100, 12), (40, 4), (20, 4)] {
            let dates = Dates::Last(count).choose(&log(days), week);
            assert!(!dates.is_empty() && dates.len() <= count, "{days} days: {dates:?}");
            assert!(dates.windows(2).all(|pair| pair[1] - pair[0] >= 7 * DAY), "{days} days: {dates:?}");
            assert!(dates.iter().all(|&date| date + 8 * DAY <= days * DAY), "{days} days: {dates:?}");
        }
        assert_eq!(Dates::Last(4).choose(&log(365), week).len(), 4);
        assert!(Dates::Last(4).choose(&log(6), week).is_empty());
    }
}
