//! Days and months in Asia/Shanghai, where WeChat's quotas are renewed. The zone has no summer time since 1991.

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike};

/// Seconds that the zone is ahead of UTC.
const OFFSET: i64 = 8 * 3_600;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Returns the number of a day since 1970-01-01.
pub(super) fn day_number(at: i64) -> i64 {
    at.saturating_add(OFFSET).div_euclid(DAY)
}

/// Returns the date.
pub(super) fn date(at: i64) -> NaiveDate {
    date_of_day(day_number(at))
}

/// Returns the date of a day number.
pub(super) fn date_of_day(day: i64) -> NaiveDate {
    NaiveDate::default().checked_add_days(Days::new(u64::try_from(day).unwrap_or_default())).unwrap_or_default()
}

/// Returns the day number of a date.
pub(super) fn day_of_date(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

/// Returns the number of a month since the year 0.
pub(super) fn month_number(at: i64) -> i32 {
    let date = date(at);
    date.year() * 12 + date.month0() as i32
}

/// Returns the hour of the day.
pub(super) fn hour(at: i64) -> u32 {
    local(at).hour()
}

/// Formats an instant for the page.
pub(super) fn format(at: i64) -> String {
    local(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn local(at: i64) -> chrono::NaiveDateTime {
    DateTime::from_timestamp(at.saturating_add(OFFSET), 0).unwrap_or_default().naive_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_begin_at_midnight_in_shanghai() {
        let new_year = 1_767_196_800;
        assert_eq!(format(new_year), "2026-01-01 00:00:00");
        assert_eq!(day_number(new_year) - day_number(new_year - 1), 1);
        assert_eq!(month_number(new_year) - month_number(new_year - 1), 1);
        assert_eq!(day_of_date(date(new_year)), day_number(new_year));
        assert_eq!(hour(new_year - 1), 23);
    }
}
