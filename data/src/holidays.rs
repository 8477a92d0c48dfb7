//! The official calendar: public holidays, and working days that were moved for them. `holidays.csv` names the notices.

use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate};

const CALENDAR: &str = include_str!("../holidays.csv");
const SPRING_FESTIVAL: &str = "春节";

/// Days that the official calendar sets apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficialDays {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// Whether they are free; otherwise they are working days at a weekend.
    pub is_holiday: bool,
    /// Chinese name of the holiday.
    pub zh: &'static str,
    /// English name of the holiday.
    pub en: &'static str,
}

static OFFICIAL: LazyLock<Vec<OfficialDays>> = LazyLock::new(|| CALENDAR.lines().filter_map(parse).collect());

/// All days that the calendar sets apart, in order.
pub fn official_days() -> &'static [OfficialDays] {
    &OFFICIAL
}

/// Whether the calendar of a year is known.
#[must_use]
pub fn has_calendar(year: i32) -> bool {
    OFFICIAL.iter().any(|days| days.first.year() == year)
}

/// The holidays of all known Spring Festivals.
pub fn spring_festivals() -> impl Iterator<Item = &'static OfficialDays> {
    OFFICIAL.iter().filter(|days| days.is_holiday && days.zh == SPRING_FESTIVAL)
}

impl OfficialDays {
    /// How many of the days lie in a half-open period.
    #[must_use]
    pub fn days_within(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let end = self.last.checked_add_days(Days::new(1)).unwrap_or(self.last).min(to);
        (end - self.first.max(from)).num_days().max(0)
    }
}

/// A line of the calendar; `None` for comments and the header.
fn parse(line: &'static str) -> Option<OfficialDays> {
    let mut fields = line.split(',');
    let mut next = || fields.next();
    let (first, last) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let is_holiday = match next()? {
        "holiday" => true,
        "workday" => false,
        _ => return None,
    };
    Some(OfficialDays { first, last, is_holiday, zh: next()?, en: next()? })
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn every_line_is_read_and_the_days_are_in_order() {
        let lines = CALENDAR.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
        assert_eq!(OFFICIAL.len(), lines.count());
        assert!(OFFICIAL.windows(2).all(|pair| pair[0].last < pair[1].first), "spans overlap or are out of order");
    }

    #[test]
    fn moved_working_days_are_at_weekends_and_holidays_have_their_length() {
        let weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        for days in OFFICIAL.iter().filter(|days| !days.is_holiday) {
            assert!(days.first == days.last && weekend(days.first), "{days:?}");
        }
        let length = |days: &OfficialDays| (days.last - days.first).num_days() + 1;
        assert_eq!(spring_festivals().map(length).collect::<Vec<_>>(), [8, 8, 9]);
        // 除夕与初七: 2025 has a festival of 28 January to 4 February.
        assert!(OFFICIAL.iter().any(|days| days.is_holiday && days.first == day("2025-01-28")));
    }

    #[test]
    fn days_of_a_holiday_are_counted_within_a_period() {
        let festival = spring_festivals().last().expect("2026");
        assert_eq!(festival.days_within(day("2026-02-01"), day("2026-02-17")), 2);
        assert_eq!(festival.days_within(day("2026-02-23"), day("2026-03-01")), 1);
        assert_eq!(festival.days_within(day("2026-02-24"), day("2026-03-01")), 0);
    }

    #[test]
    fn years_without_a_notice_have_no_calendar() {
        assert!((2024..=2026).all(has_calendar) && !has_calendar(2023) && !has_calendar(2030));
    }
}
