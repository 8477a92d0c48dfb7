//! Numbers the local days of a range of time, for events in any order.

use chrono::{DateTime, Days, NaiveDate, Utc};
use zhihui_data::Zone;

const SECONDS_PER_DAY: i64 = 86_400;

/// Consecutive days of a time zone, numbered from 0.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalDays {
    /// The start of each day, and the end of the last one.
    midnights: Vec<i64>,
}

impl LocalDays {
    /// Most days that are numbered: 54 years.
    pub(crate) const MAX_DAYS: usize = 20_000;

    /// The days from `first` to `last`, seconds since 1970 in UTC. A longer range than [`Self::MAX_DAYS`] loses its earliest
    /// days, and a range outside of the calendar all of them.
    pub(crate) fn of_range(first: i64, last: i64, zone: Zone) -> Self {
        let day = |at: i64| DateTime::from_timestamp(at, 0).map(|at: DateTime<Utc>| zone.day(at));
        let Some(end) = day(last).and_then(|day| day.succ_opt()) else { return Self::default() };
        let earliest = end.checked_sub_days(Days::new(Self::MAX_DAYS as u64)).unwrap_or(end);
        let begin = day(first).map_or(earliest, |day| day.max(earliest));
        let days = begin.iter_days().take_while(|day| *day <= end);
        Self { midnights: days.map(|day: NaiveDate| zone.midnight(day).timestamp()).collect() }
    }

    /// Number of days.
    pub(crate) fn len(&self) -> usize {
        self.midnights.len().saturating_sub(1)
    }

    /// The start of a day.
    pub(crate) fn start(&self, day: usize) -> i64 {
        self.midnights[day]
    }

    /// The day of a time, or `None` outside of the range.
    #[inline]
    pub(crate) fn of(&self, at: i64) -> Option<usize> {
        let (&first, &end) = (self.midnights.first()?, self.midnights.last()?);
        if at < first || end <= at {
            return None;
        }
        // Days have 23 to 25 hours, so the guess is at most a few days off, and mostly right.
        let mut day = (((at - first) / SECONDS_PER_DAY) as usize).min(self.len() - 1);
        while at < self.midnights[day] {
            day -= 1;
        }
        while self.midnights[day + 1] <= at {
            day += 1;
        }
        Some(day)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn day_of_a_time_is_its_local_date(first in 0_i64..2_000_000_000, length in 0_i64..90_000_000, share in 0.0..1.0) {
            for name in ["Asia/Shanghai", "America/New_York", "Africa/Cairo"] {
                let zone = Zone::named(name).expect("a zone");
                let days = LocalDays::of_range(first, first + length, zone);
                let at = first + (share * length as f64) as i64;
                let number = |at: i64| zone.day(DateTime::from_timestamp(at, 0).expect("in the calendar")).num_days_from_ce();
                prop_assert_eq!(days.of(at), Some((number(at) - number(first)) as usize));
                prop_assert_eq!(days.of(days.start(0) - 1), None);
                prop_assert_eq!(days.of(first + length + 2 * SECONDS_PER_DAY), None);
            }
        }
    }

    #[test]
    fn long_range_loses_its_earliest_days() {
        let days = LocalDays::of_range(i64::MIN, 1_795_233_600, Zone::default());
        assert_eq!(days.len(), LocalDays::MAX_DAYS);
        assert_eq!(days.of(1_795_233_600), Some(LocalDays::MAX_DAYS - 1));
        assert_eq!(days.of(1_795_233_600 - 100 * SECONDS_PER_DAY), Some(LocalDays::MAX_DAYS - 101));
        assert_eq!((days.of(0), days.of(i64::MIN)), (None, None));
        assert_eq!(LocalDays::of_range(0, i64::MAX, Zone::default()).of(0), None);
    }
}
