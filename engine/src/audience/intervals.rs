//! Half-open intervals of numbers, sorted once for searching.

use chrono::Days as CalendarDays;
use zhihui_data::Zone;

use super::time;

/// Maximum number of days whose starts are precomputed. Earlier ones are computed on each call.
const MAX_DAYS: u64 = 4_000;

/// Ascending intervals that do not overlap.
#[derive(Debug)]
pub(super) struct Intervals(Vec<(i64, i64)>);

impl Intervals {
    /// Returns the union of intervals in any order. Empty intervals are ignored.
    pub(super) fn new(mut intervals: Vec<(i64, i64)>) -> Self {
        intervals.retain(|(from, to)| from < to);
        intervals.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(intervals.len());
        for (from, to) in intervals {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        Self(joined)
    }

    pub(super) fn contains(&self, value: i64) -> bool {
        let after = self.0.partition_point(|&(from, _)| from <= value);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|&(_, to)| value < to)
    }
}

/// The days of a window in one time zone.
#[derive(Debug)]
pub(super) struct ZoneDays {
    zone: Zone,
    /// The starts of consecutive days.
    midnights: Vec<i64>,
}

impl ZoneDays {
    pub(super) fn within(from: i64, to: i64, zone: Zone) -> Self {
        let last = zone.day(time::utc(to));
        let earliest = last.checked_sub_days(CalendarDays::new(MAX_DAYS)).unwrap_or(last);
        let first = if from == i64::MIN { earliest } else { zone.day(time::utc(from)).max(earliest) };
        let end = last.succ_opt().unwrap_or(last);
        let midnights = first.iter_days().take_while(|day| *day <= end).map(|day| zone.midnight(day).timestamp());
        Self { zone, midnights: midnights.collect() }
    }

    /// The half-open interval of the day that contains a time.
    pub(super) fn of(&self, at: i64) -> (i64, i64) {
        let next = self.midnights.partition_point(|&midnight| midnight <= at);
        if let (Some(previous), Some(&end)) = (next.checked_sub(1), self.midnights.get(next)) {
            return (self.midnights[previous], end);
        }
        let day = self.zone.day(time::utc(at));
        let span = day.succ_opt().map(|next| [day, next].map(|day| self.zone.midnight(day).timestamp()));
        span.map_or((at, at.saturating_add(1)), |[begin, end]| (begin, end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn value_is_contained_if_any_interval_contains_it(
            intervals in prop::collection::vec((-9_i64..9, -9_i64..9), 0..12), value in -10_i64..10,
        ) {
            let holds = intervals.iter().any(|&(from, to)| from <= value && value < to);
            prop_assert_eq!(Intervals::new(intervals).contains(value), holds);
        }

        #[test]
        fn day_interval_is_equal_inside_and_outside_the_window(at in 0_i64..2_000_000_000) {
            let zone: Zone = Zone::named("America/New_York").expect("a zone");
            let (looked_up, computed) = (ZoneDays::within(at - 86_400, at + 1, zone), ZoneDays::within(at + 172_800, at + 259_200, zone));
            prop_assert_eq!(looked_up.of(at), computed.of(at));
            prop_assert!((looked_up.of(at).0..looked_up.of(at).1).contains(&at));
        }
    }
}
