//! What a report is asked: its period, what it is compared with, and whom it is about.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, Utc};
use zhihui_data::{Zone, district};

use super::ReportError;

/// Years that a report can be about; beyond them sums of days and instants overflow.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// The question that a report answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportQuery {
    /// First instant.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub to: DateTime<Utc>,
    /// What the figures are compared with.
    pub compare: Compare,
    /// Only members of this union or of unions below it.
    pub union: Option<String>,
    /// Only members of this district.
    pub district: Option<String>,
    /// Only members of this age band.
    pub age_band: Option<String>,
}

/// The period that figures are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// The period of the same length just before.
    #[default]
    Previous,
    /// The same weekdays 52 weeks earlier; of a month, the same month a year earlier.
    LastYear,
    /// None.
    Nothing,
}

impl Compare {
    /// The choice of this name: `previous`, `last_year` or `none`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Previous, Self::LastYear, Self::Nothing].into_iter().find(|compare| compare.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::LastYear => "last_year",
            Self::Nothing => "none",
        }
    }
}

/// A half-open period.
pub(super) type Period = (DateTime<Utc>, DateTime<Utc>);

/// The part of the account that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Everybody.
    Whole,
    /// A union and those below it.
    Union(&'a str),
    District(&'a str),
    AgeBand(&'a str),
    /// Several filters at once: their parts overlap, so one less the other may be a small group.
    Combined,
}

impl ReportQuery {
    /// About everybody in the last `days` whole days before the day of `as_of`, against the days before.
    #[must_use]
    pub fn last_days(days: u32, as_of: DateTime<Utc>, zone: Zone) -> Self {
        let last = zone.day(as_of);
        let first = last.checked_sub_days(Days::new(u64::from(days))).unwrap_or(last);
        Self {
            from: zone.midnight(first),
            to: zone.midnight(last),
            compare: Compare::Previous,
            union: None,
            district: None,
            age_band: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ReportError> {
        if let Some(beyond) = [self.from, self.to].into_iter().find(|at| !YEARS.contains(&at.year())) {
            return Err(ReportError::Year { year: beyond.year(), first: *YEARS.start(), last: *YEARS.end() });
        }
        if self.from < self.to {
            return Ok(());
        }
        Err(ReportError::Period { from: self.from.to_rfc3339(), to: self.to.to_rfc3339() })
    }

    /// The period that is reported on: whole days of `zone`; where only a part of the account is asked for, the last calendar month
    /// that had ended by `to` and by `as_of`. The district has the one name that the tables give it.
    ///
    /// Two periods of a part that differ by a day would tell what one person did on that day; calendar months do not overlap.
    pub(super) fn settled(&self, as_of: DateTime<Utc>, zone: Zone) -> Self {
        let (from, to) = match self.part() {
            Part::Whole => whole_days((self.from, self.to), zone),
            _ => self.month(as_of, zone),
        };
        let district = self.district.as_deref().map(district::normalised);
        Self { from, to, district, ..self.clone() }
    }

    /// The last calendar month that had ended by `to` and by `as_of`.
    pub(super) fn month(&self, as_of: DateTime<Utc>, zone: Zone) -> Period {
        let end = zone.month_start(self.to.min(as_of));
        (zone.month_start(end - Duration::microseconds(1)), end)
    }

    /// The period compared with; days are counted on the wall clock of `zone`.
    pub(super) fn compared(&self, zone: Zone) -> Option<Period> {
        let earlier = |by: Duration| {
            let shift = |at| zone.instant(zone.local(at) - by);
            (shift(self.from), shift(self.to))
        };
        let month_of = |day: NaiveDate| {
            let from = zone.month_start(zone.midnight(day));
            (from, zone.month_start(from + Duration::days(32)))
        };
        let first = zone.day(self.from);
        match (self.compare, self.part()) {
            (Compare::Nothing, _) => None,
            (Compare::LastYear, Part::Whole) => Some(earlier(Duration::days(364))),
            (Compare::Previous, Part::Whole) => Some(earlier(zone.local(self.to) - zone.local(self.from))),
            (Compare::LastYear, _) => first.with_day(1)?.with_year(first.year() - 1).map(month_of),
            (Compare::Previous, _) => Some(month_of(first - Duration::days(1))),
        }
    }

    pub(super) fn part(&self) -> Part<'_> {
        match (self.union.as_deref(), self.district.as_deref(), self.age_band.as_deref()) {
            (None, None, None) => Part::Whole,
            (Some(union), None, None) => Part::Union(union),
            (None, Some(district), None) => Part::District(district),
            (None, None, Some(band)) => Part::AgeBand(band),
            _ => Part::Combined,
        }
    }

    /// The same question about everybody.
    pub(super) fn unfiltered(&self) -> Self {
        Self { union: None, district: None, age_band: None, ..self.clone() }
    }

    pub(super) fn filters(&self) -> serde_json::Map<String, serde_json::Value> {
        let given = [("union", &self.union), ("district", &self.district), ("age_band", &self.age_band)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
        given.chain([("compare".to_owned(), self.compare.name().into())]).collect()
    }
}

/// The whole days of `zone` that a period touches.
#[must_use]
pub fn whole_days((from, to): Period, zone: Zone) -> Period {
    let last = zone.day(to - Duration::microseconds(1));
    let end = last.checked_add_days(Days::new(1)).unwrap_or(last);
    (zone.midnight(zone.day(from)), zone.midnight(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn thirty_days_end_with_yesterday_and_the_thirty_before_end_where_they_begin() {
        let zone = Zone::default();
        let query = ReportQuery::last_days(30, time("2026-11-22T02:00:00Z"), zone);
        assert_eq!(query.to.to_rfc3339(), "2026-11-21T16:00:00+00:00");
        assert_eq!(query.from.to_rfc3339(), "2026-10-22T16:00:00+00:00");
        let (from, to) = query.compared(zone).expect("a period");
        assert_eq!((to, query.to - query.from), (query.from, to - from));
    }

    #[test]
    fn a_year_earlier_falls_on_the_same_weekday() {
        let zone = Zone::default();
        let as_of = time("2026-11-22T02:00:00Z");
        let query = ReportQuery { compare: Compare::LastYear, ..ReportQuery::last_days(7, as_of, zone) };
        let (from, _) = query.compared(zone).expect("a period");
        assert_eq!(zone.day(from).weekday(), zone.day(query.from).weekday());
    }

    #[test]
    fn a_part_of_the_account_is_reported_by_ended_months() {
        let zone = Zone::default();
        let as_of = time("2026-03-20T02:00:00Z");
        let asked = ReportQuery { union: Some("u1".into()), ..ReportQuery::last_days(30, as_of, zone) };
        let settled = asked.settled(as_of, zone);
        let days = |(from, to)| (zone.day(from).to_string(), zone.day(to).to_string());
        assert_eq!(days((settled.from, settled.to)), ("2026-02-01".into(), "2026-03-01".into()));
        assert_eq!(days(settled.compared(zone).expect("a month")), ("2026-01-01".into(), "2026-02-01".into()));
        let year_before = ReportQuery { compare: Compare::LastYear, ..settled.clone() };
        assert_eq!(days(year_before.compared(zone).expect("a month")), ("2025-02-01".into(), "2025-03-01".into()));
        assert_eq!(settled.settled(as_of, zone), settled, "an ended month is answered as it was asked for");
    }

    #[test]
    fn times_of_day_become_whole_days() {
        let zone = Zone::default();
        let part_of_a_day = (time("2026-11-20T16:00:01Z"), time("2026-11-21T16:00:01Z"));
        assert_eq!(whole_days(part_of_a_day, zone), (time("2026-11-20T16:00:00Z"), time("2026-11-22T16:00:00Z")));
        let whole = (time("2026-11-20T16:00:00Z"), time("2026-11-21T16:00:00Z"));
        assert_eq!(whole_days(whole, zone), whole);
    }
}
