//! The query of a report: its period, comparison period and filter.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, Utc};
use zhihui_data::{Zone, district};

use super::ReportError;

/// Supported years of reports. Arithmetic with days and instants could overflow beyond them.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// A request for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportQuery {
    /// First instant.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub to: DateTime<Utc>,
    /// The comparison period.
    pub compare: Compare,
    /// Only members of this union or of its subordinate unions.
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
    /// The same weekdays 52 weeks earlier. For a month, the same month a year earlier.
    LastYear,
    /// None.
    Nothing,
}

impl Compare {
    /// Parses `previous`, `last_year` or `none`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Previous, Self::LastYear, Self::Nothing].into_iter().find(|compare| compare.name() == name)
    }

    /// The name that [`Self::named`] parses.
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

/// The members that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope<'a> {
    /// All members.
    Whole,
    /// A union and its subordinate unions.
    Union(&'a str),
    District(&'a str),
    AgeBand(&'a str),
    /// Several filters. Such scopes overlap, so that a difference of two may be a small group.
    Combined,
}

impl ReportQuery {
    /// A report about all members on the last `days` days before the day of `as_of`, compared with the days before.
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
        if let Some(outside) = [self.from, self.to].into_iter().find(|at| !YEARS.contains(&at.year())) {
            return Err(ReportError::Year { year: outside.year(), first: *YEARS.start(), last: *YEARS.end() });
        }
        if self.from < self.to {
            return Ok(());
        }
        Err(ReportError::Period { from: self.from.to_rfc3339(), to: self.to.to_rfc3339() })
    }

    /// Resolves the period: whole days of `zone`, or with a filter the last calendar month that ended by `to` and `as_of`.
    /// Normalises the district's name.
    ///
    /// Two periods that differ by one day could reveal what one person did on that day. Calendar months do not overlap.
    pub(super) fn resolved(&self, as_of: DateTime<Utc>, zone: Zone) -> Self {
        let (from, to) = match self.scope() {
            Scope::Whole => whole_days((self.from, self.to), zone),
            _ => self.month(as_of, zone),
        };
        let district = self.district.as_deref().map(district::normalised);
        Self { from, to, district, ..self.clone() }
    }

    /// The last calendar month that ended by `to` and `as_of`.
    pub(super) fn month(&self, as_of: DateTime<Utc>, zone: Zone) -> Period {
        let end = zone.month_start(self.to.min(as_of));
        (zone.month_start(end - Duration::microseconds(1)), end)
    }

    /// The month before [`Self::month`], and that month.
    pub(super) fn months(&self, as_of: DateTime<Utc>, zone: Zone) -> [Period; 2] {
        let month = self.month(as_of, zone);
        [(zone.month_start(month.0 - Duration::microseconds(1)), month.0), month]
    }

    /// The comparison period. Its length is measured in local time of `zone`.
    pub(super) fn comparison(&self, zone: Zone) -> Option<Period> {
        let earlier = |by: Duration| {
            let shift = |at| zone.instant(zone.local(at) - by);
            (shift(self.from), shift(self.to))
        };
        let month_of = |day: NaiveDate| {
            let from = zone.month_start(zone.midnight(day));
            (from, zone.month_start(from + Duration::days(32)))
        };
        let first = zone.day(self.from);
        match (self.compare, self.scope()) {
            (Compare::Nothing, _) => None,
            (Compare::LastYear, Scope::Whole) => Some(earlier(Duration::days(364))),
            (Compare::Previous, Scope::Whole) => Some(earlier(zone.local(self.to) - zone.local(self.from))),
            (Compare::LastYear, _) => first.with_day(1)?.with_year(first.year() - 1).map(month_of),
            (Compare::Previous, _) => Some(month_of(first - Duration::days(1))),
        }
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        match (self.union.as_deref(), self.district.as_deref(), self.age_band.as_deref()) {
            (None, None, None) => Scope::Whole,
            (Some(union), None, None) => Scope::Union(union),
            (None, Some(district), None) => Scope::District(district),
            (None, None, Some(band)) => Scope::AgeBand(band),
            _ => Scope::Combined,
        }
    }

    /// The same query without a filter.
    pub(super) fn unfiltered(&self) -> Self {
        Self { union: None, district: None, age_band: None, ..self.clone() }
    }

    pub(super) fn filters(&self) -> serde_json::Map<String, serde_json::Value> {
        let given = [("union", &self.union), ("district", &self.district), ("age_band", &self.age_band)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
        given.chain([("compare".to_owned(), self.compare.name().into())]).collect()
    }
}

/// The start of the period just before: the month before a calendar month, else as long a time. Lengths are local.
pub(super) fn preceding_start((from, to): Period, zone: Zone) -> DateTime<Utc> {
    let month = zone.month_start(from);
    if month == from && zone.month_start(from + Duration::days(32)) == to {
        return zone.month_start(from - Duration::microseconds(1));
    }
    zone.instant(zone.local(from) - (zone.local(to) - zone.local(from)))
}

/// Extends a period to whole days of `zone`.
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
    fn thirty_days_end_with_yesterday_and_follow_the_thirty_days_of_the_comparison() {
        let zone = Zone::default();
        let query = ReportQuery::last_days(30, time("2026-11-22T02:00:00Z"), zone);
        assert_eq!(query.to.to_rfc3339(), "2026-11-21T16:00:00+00:00");
        assert_eq!(query.from.to_rfc3339(), "2026-10-22T16:00:00+00:00");
        let (from, to) = query.comparison(zone).expect("a period");
        assert_eq!((to, query.to - query.from), (query.from, to - from));
    }

    #[test]
    fn a_year_earlier_starts_on_the_same_weekday() {
        let zone = Zone::default();
        let as_of = time("2026-11-22T02:00:00Z");
        let query = ReportQuery { compare: Compare::LastYear, ..ReportQuery::last_days(7, as_of, zone) };
        let (from, _) = query.comparison(zone).expect("a period");
        assert_eq!(zone.day(from).weekday(), zone.day(query.from).weekday());
    }

    #[test]
    fn reports_with_a_filter_cover_past_months() {
        let zone = Zone::default();
        let as_of = time("2026-03-20T02:00:00Z");
        let requested = ReportQuery { union: Some("u1".into()), ..ReportQuery::last_days(30, as_of, zone) };
        let resolved = requested.resolved(as_of, zone);
        let days = |(from, to)| (zone.day(from).to_string(), zone.day(to).to_string());
        assert_eq!(days((resolved.from, resolved.to)), ("2026-02-01".into(), "2026-03-01".into()));
        assert_eq!(days(resolved.comparison(zone).expect("a month")), ("2026-01-01".into(), "2026-02-01".into()));
        let year_before = ReportQuery { compare: Compare::LastYear, ..resolved.clone() };
        assert_eq!(days(year_before.comparison(zone).expect("a month")), ("2025-02-01".into(), "2025-03-01".into()));
        assert_eq!(resolved.resolved(as_of, zone), resolved, "a past month is not changed");
    }

    #[test]
    fn times_of_day_are_extended_to_whole_days() {
        let zone = Zone::default();
        let part_of_a_day = (time("2026-11-20T16:00:01Z"), time("2026-11-21T16:00:01Z"));
        assert_eq!(whole_days(part_of_a_day, zone), (time("2026-11-20T16:00:00Z"), time("2026-11-22T16:00:00Z")));
        let whole = (time("2026-11-20T16:00:00Z"), time("2026-11-21T16:00:00Z"));
        assert_eq!(whole_days(whole, zone), whole);
    }
}
