//! The periods of scheduled reports: the last one that has ended.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};
use zhihui_data::Zone;
use zhihui_pipeline::config::ScheduleInterval;

/// First day, and the day after the last, of the last period that ended by `as_of`.
pub(super) fn last_period(every: ScheduleInterval, as_of: DateTime<Utc>, zone: Zone) -> (NaiveDate, NaiveDate) {
    let today = zone.day(as_of);
    let back = |months: u32, end: NaiveDate| end.checked_sub_months(Months::new(months)).unwrap_or(end);
    let month = today.with_day(1).unwrap_or(today);
    match every {
        ScheduleInterval::Weekly => {
            let since_monday = u64::from(today.weekday().num_days_from_monday());
            let end = today.checked_sub_days(Days::new(since_monday)).unwrap_or(today);
            (end.checked_sub_days(Days::new(7)).unwrap_or(end), end)
        }
        ScheduleInterval::Monthly => (back(1, month), month),
        ScheduleInterval::Quarterly => {
            let end = back(today.month0() % 3, month);
            (back(3, end), end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_week_month_and_quarter_in_the_zone_of_the_union() {
        let of = |every, as_of: &str| {
            let (first, end) = last_period(every, as_of.parse().expect("a time"), Zone::default());
            format!("{first} {end}")
        };
        // In Shanghai it is already the first of December, a Tuesday.
        let night = "2026-11-30T17:00:00Z";
        assert_eq!(of(ScheduleInterval::Weekly, night), "2026-11-23 2026-11-30");
        assert_eq!(of(ScheduleInterval::Monthly, night), "2026-11-01 2026-12-01");
        assert_eq!(of(ScheduleInterval::Quarterly, night), "2026-07-01 2026-10-01");
        assert_eq!(of(ScheduleInterval::Monthly, "2026-11-30T15:00:00Z"), "2026-10-01 2026-11-01");
        assert_eq!(of(ScheduleInterval::Quarterly, "2027-01-01T00:00:00Z"), "2026-10-01 2027-01-01");
        assert_eq!(of(ScheduleInterval::Weekly, "2026-11-29T16:00:00Z"), "2026-11-23 2026-11-30");
    }
}
