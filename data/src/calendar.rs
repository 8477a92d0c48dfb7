//! Days, months and ages in the union's own time zone; instants stay in UTC.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The zone in which naive times, days, months and quotas are read; Asia/Shanghai unless configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(Tz);

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::Asia__Shanghai)
    }
}

impl Zone {
    /// The zone of this IANA name, `None` if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The instant of a wall-clock time. A time repeated by a clock change means its first occurrence; a time skipped by
    /// one means the instant at which the clock jumped past it (found one hour on).
    #[must_use]
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        let found = self
            .0
            .from_local_datetime(&local)
            .earliest()
            .or_else(|| self.0.from_local_datetime(&(local + chrono::Duration::hours(1))).earliest());
        found.map_or_else(|| local.and_utc(), |time| time.with_timezone(&Utc))
    }

    /// The calendar day on which an instant falls.
    #[must_use]
    pub fn day(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }

    /// The wall-clock time of an instant.
    #[must_use]
    pub fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// The midnight that begins a day.
    #[must_use]
    pub fn midnight(self, day: NaiveDate) -> DateTime<Utc> {
        self.instant(day.and_hms_opt(0, 0, 0).unwrap_or_default())
    }

    /// The midnight that begins the natural month of an instant: where WeChat's monthly quota starts anew.
    #[must_use]
    pub fn month_start(self, instant: DateTime<Utc>) -> DateTime<Utc> {
        let day = self.day(instant);
        self.midnight(day.with_day(1).unwrap_or(day))
    }

    /// Start of the window `within_days: n`: the midnight that begins the day n−1 days before `as_of`'s day.
    #[must_use]
    pub fn window_start(self, as_of: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let day = self.day(as_of);
        let first = day.checked_sub_days(Days::new(u64::from(days.saturating_sub(1))));
        first.map_or(DateTime::<Utc>::MIN_UTC, |first| self.midnight(first))
    }
}

/// Full years from `birth` to `on`; somebody born on 29 February ages on 1 March in common years.
///
/// `None` when `on` lies before `birth`.
#[must_use]
pub fn age_in_years(birth: NaiveDate, on: NaiveDate) -> Option<u32> {
    on.years_since(birth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_shanghai_day_begins_at_sixteen_hours_utc() {
        let zone = Zone::default();
        assert_eq!(zone.day(utc("2026-11-21T15:59:59Z")).to_string(), "2026-11-21");
        assert_eq!(zone.day(utc("2026-11-21T16:00:00Z")).to_string(), "2026-11-22");
        assert_eq!(zone.month_start(utc("2026-10-31T16:00:00Z")), utc("2026-10-31T16:00:00Z"));
        assert_eq!(zone.month_start(utc("2026-10-31T15:59:59Z")), utc("2026-09-30T16:00:00Z"));
    }

    #[test]
    fn one_day_means_since_midnight() {
        assert_eq!(Zone::default().window_start(utc("2026-11-22T05:00:00Z"), 1), utc("2026-11-21T16:00:00Z"));
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(age_in_years(day("2000-02-29"), day("2025-02-28")), Some(24));
        assert_eq!(age_in_years(day("2000-02-29"), day("2025-03-01")), Some(25));
        assert_eq!(age_in_years(day("2030-01-01"), day("2025-03-01")), None);
    }
}
