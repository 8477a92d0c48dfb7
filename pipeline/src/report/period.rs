//! What a report is asked: its period, what it is compared with, and whom it is about.

use chrono::{DateTime, Days, Duration, Utc};
use zhihui_data::Zone;

use super::ReportError;

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
    /// Only members who live or work in this district.
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
    /// The same weekdays 52 weeks earlier.
    LastYear,
    /// None.
    Nothing,
}

impl Compare {
    /// The choice of this name: `previous`, `last_year` or `none`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "previous" => Some(Self::Previous),
            "last_year" => Some(Self::LastYear),
            "none" => Some(Self::Nothing),
            _ => None,
        }
    }
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
        if self.from < self.to {
            return Ok(());
        }
        Err(ReportError::Period { from: self.from.to_rfc3339(), to: self.to.to_rfc3339() })
    }

    /// The period compared with; days are counted on the wall clock of `zone`.
    pub(super) fn compared(&self, zone: Zone) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let earlier = |by: Duration| {
            let shift = |at| zone.instant(zone.local(at) - by);
            (shift(self.from), shift(self.to))
        };
        match self.compare {
            Compare::Nothing => None,
            Compare::LastYear => Some(earlier(Duration::days(364))),
            Compare::Previous => Some(earlier(zone.local(self.to) - zone.local(self.from))),
        }
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.union.is_some() || self.district.is_some() || self.age_band.is_some()
    }

    pub(super) fn filters(&self) -> serde_json::Map<String, serde_json::Value> {
        let given = [("union", &self.union), ("district", &self.district), ("age_band", &self.age_band)];
        given
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| (name.to_owned(), value.clone().into())))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_end_with_yesterday_and_the_thirty_before_end_where_they_begin() {
        let zone = Zone::default();
        let as_of: DateTime<Utc> = "2026-11-22T02:00:00Z".parse().expect("a time");
        let query = ReportQuery::last_days(30, as_of, zone);
        assert_eq!(query.to.to_rfc3339(), "2026-11-21T16:00:00+00:00");
        assert_eq!(query.from.to_rfc3339(), "2026-10-22T16:00:00+00:00");
        let (from, to) = query.compared(zone).expect("a period");
        assert_eq!((to, query.to - query.from), (query.from, to - from));
    }

    #[test]
    fn a_year_earlier_falls_on_the_same_weekday() {
        use chrono::Datelike;
        let zone = Zone::default();
        let as_of: DateTime<Utc> = "2026-11-22T02:00:00Z".parse().expect("a time");
        let query = ReportQuery { compare: Compare::LastYear, ..ReportQuery::last_days(7, as_of, zone) };
        let (from, _) = query.compared(zone).expect("a period");
        assert_eq!(zone.day(from).weekday(), zone.day(query.from).weekday());
    }
}
