//! Time within the sample, and the hours at which members are active.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::random::RandomStream;
use crate::Zone;

/// Seconds of Shanghai local time since the first midnight of the sample; negative before it.
pub(super) type SampleTime = i64;

/// Seconds in an hour.
pub(super) const HOUR: i64 = 3_600;
/// Seconds in a day. The zone has had no clock change since 1991.
pub(super) const DAY: i64 = 86_400;

/// The period of the sample.
#[derive(Debug, Clone)]
pub(super) struct Period {
    /// The first day.
    pub(super) first: NaiveDate,
    /// The exclusive end of the data.
    pub(super) end: SampleTime,
    /// Weekday of the first day; 0 is Monday.
    first_weekday: u32,
}

impl Period {
    /// `days` full days before the day of `as_of`, and that day up to `as_of`.
    pub(super) fn new(as_of: DateTime<Utc>, days: u32) -> Self {
        let zone = Zone::default();
        let last = zone.day(as_of);
        let first = last.checked_sub_days(Days::new(u64::from(days))).unwrap_or(last);
        let end = (as_of - zone.midnight(first)).num_seconds();
        Self { first, end, first_weekday: first.weekday().num_days_from_monday() }
    }

    /// Number of days in the period, including the incomplete last one.
    pub(super) fn days(&self) -> i64 {
        (self.end + DAY - 1).div_euclid(DAY)
    }

    /// The date of a time.
    pub(super) fn date(&self, moment: SampleTime) -> NaiveDate {
        self.first + chrono::Duration::days(moment.div_euclid(DAY))
    }

    /// The midnight at the start of a date.
    pub(super) fn midnight(&self, date: NaiveDate) -> SampleTime {
        (date - self.first).num_days() * DAY
    }

    /// Local time, such as `2026-03-05 12:34:56`.
    pub(super) fn text(&self, moment: SampleTime) -> String {
        let mut text = String::with_capacity(20);
        let date = self.date(moment);
        digits(&mut text, date.year().unsigned_abs(), 4);
        text.push('-');
        digits(&mut text, date.month(), 2);
        text.push('-');
        digits(&mut text, date.day(), 2);
        text.push(' ');
        let second = moment.rem_euclid(DAY) as u32;
        digits(&mut text, second / 3_600, 2);
        text.push(':');
        digits(&mut text, second / 60 % 60, 2);
        text.push(':');
        digits(&mut text, second % 60, 2);
        text
    }

    /// RFC 3339 with the zone's offset.
    pub(super) fn rfc3339(&self, moment: SampleTime) -> String {
        let mut text = self.text(moment).replacen(' ', "T", 1);
        text.push_str("+08:00");
        text
    }

    /// Month, such as `2026-03`.
    pub(super) fn month(&self, moment: SampleTime) -> String {
        self.date(moment).format("%Y-%m").to_string()
    }

    /// Whether the time is on a Saturday or Sunday.
    pub(super) fn is_weekend(&self, moment: SampleTime) -> bool {
        (i64::from(self.first_weekday) + moment.div_euclid(DAY)).rem_euclid(7) > 4
    }

    /// A time after `from` with this mean delay, at an hour at which members use their phones.
    pub(super) fn after_delay(&self, rng: &mut RandomStream, from: SampleTime, mean_delay: f64) -> SampleTime {
        let mut moment = from;
        for _ in 0..8 {
            moment = from + 1 + rng.exponential(mean_delay) as i64;
            if rng.chance(self.attention(moment)) {
                return moment;
            }
        }
        moment
    }

    /// Activity by hour of the week, relative to the most active hour: on workdays commuting, noon and evening, at
    /// weekends late mornings and evenings.
    fn attention(&self, moment: SampleTime) -> f64 {
        const WORKDAY: [u8; 24] =
            [8, 3, 2, 1, 1, 4, 18, 55, 70, 40, 32, 42, 95, 60, 30, 28, 30, 45, 62, 66, 80, 100, 75, 30];
        const WEEKEND: [u8; 24] =
            [12, 6, 3, 2, 1, 2, 8, 20, 38, 55, 62, 56, 58, 50, 44, 42, 42, 44, 48, 60, 78, 86, 66, 32];
        let hours = if self.is_weekend(moment) { &WEEKEND } else { &WORKDAY };
        f64::from(hours[(moment.rem_euclid(DAY) / HOUR) as usize]) / 100.0
    }
}

/// Appends a number with leading zeros.
pub(super) fn digits(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        text.push(char::from(b'0' + (number / 10_u32.pow(place) % 10) as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_time_is_shanghai_local_time() {
        let period = Period::new("2026-11-22T02:30:05Z".parse().expect("a time"), 2);
        assert_eq!(period.first.to_string(), "2026-11-20");
        assert_eq!(period.text(period.end), "2026-11-22 10:30:05");
        assert_eq!(period.rfc3339(0), "2026-11-20T00:00:00+08:00");
        assert_eq!(period.text(-1), "2026-11-19 23:59:59");
        assert_eq!(period.days(), 3);
        // 20 November 2026 is a Friday.
        let weekends = [-1, 0, 1, 2, 3].map(|day| period.is_weekend(day * DAY));
        assert_eq!(weekends, [false, false, true, true, false]);
    }

    #[test]
    fn day_that_has_not_begun_is_not_counted() {
        assert_eq!(Period::new("2026-11-21T16:00:00Z".parse().expect("a time"), 7).days(), 7);
    }
}
