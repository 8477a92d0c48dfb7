//! Days, months and ages in the union's time zone. Times are stored in UTC.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The time zone of local times, days, months and quotas. Asia/Shanghai unless configured.
///
/// It is read from an owned text: a snapshot is read in blocks, and no text outlives its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Zone(Tz);

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::named(&name).ok_or_else(|| format!("failed to parse timezone: '{name}'"))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::Asia__Shanghai)
    }
}

impl Zone {
    /// The zone with this IANA name, or `None` if it is unknown.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Converts a local time to UTC. For a time repeated by a clock change, returns the first occurrence; for a skipped
    /// time, the instant one hour later.
    #[must_use]
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        let found = self
            .0
            .from_local_datetime(&local)
            .earliest()
            .or_else(|| self.0.from_local_datetime(&(local + chrono::Duration::hours(1))).earliest());
        found.map_or_else(|| local.and_utc(), |time| time.with_timezone(&Utc))
    }

    /// The local date of an instant.
    #[must_use]
    pub fn day(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }

    /// The local time of an instant.
    #[must_use]
    pub fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// The midnight at the start of a day.
    #[must_use]
    pub fn midnight(self, day: NaiveDate) -> DateTime<Utc> {
        self.instant(day.and_hms_opt(0, 0, 0).unwrap_or_default())
    }

    /// The midnight at the start of the instant's calendar month, when WeChat's monthly quota is reset.
    #[must_use]
    pub fn month_start(self, instant: DateTime<Utc>) -> DateTime<Utc> {
        let day = self.day(instant);
        self.midnight(day.with_day(1).unwrap_or(day))
    }

    /// Start of the window `within_days: n`: the midnight that begins the day n−1 days before `as_of`.
    #[must_use]
    pub fn window_start(self, as_of: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let day = self.day(as_of);
        let first = day.checked_sub_days(Days::new(u64::from(days.saturating_sub(1))));
        first.map_or(DateTime::<Utc>::MIN_UTC, |first| self.midnight(first))
    }
}

/// Full years from `birth` to `on`. A person born on 29 February turns a year older on 1 March in common years.
///
/// Returns `None` if `on` is before `birth`.
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
    fn shanghai_day_starts_at_16_utc() {
        let zone = Zone::default();
        assert_eq!(zone.day(utc("2026-11-21T15:59:59Z")).to_string(), "2026-11-21");
        assert_eq!(zone.day(utc("2026-11-21T16:00:00Z")).to_string(), "2026-11-22");
        assert_eq!(zone.month_start(utc("2026-10-31T16:00:00Z")), utc("2026-10-31T16:00:00Z"));
        assert_eq!(zone.month_start(utc("2026-10-31T15:59:59Z")), utc("2026-09-30T16:00:00Z"));
    }

    #[test]
    fn window_of_one_day_starts_at_midnight() {
        assert_eq!(Zone::default().window_start(utc("2026-11-22T05:00:00Z"), 1), utc("2026-11-21T16:00:00Z"));
    }

    #[test]
    fn age_increases_on_the_birthday() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(age_in_years(day("2000-02-29"), day("2025-02-28")), Some(24));
        assert_eq!(age_in_years(day("2000-02-29"), day("2025-03-01")), Some(25));
        assert_eq!(age_in_years(day("2030-01-01"), day("2025-03-01")), None);
    }
}
