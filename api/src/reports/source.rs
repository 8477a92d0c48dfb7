//! Where reports come from: a trait that the program fills, because reports read the lake and this crate does not.

use async_trait::async_trait;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use thiserror::Error;
use zhihui_engine::report::Report;

/// Makes reports.
#[async_trait]
pub trait Reports: Send + Sync + 'static {
    /// Names of the reports there are; the first is the one that `/reports` shows.
    fn names(&self) -> &[&'static str];

    /// One report.
    ///
    /// # Errors
    /// [`ReportsError`].
    async fn report(&self, name: &str, query: ReportQuery) -> Result<Report, ReportsError>;
}

/// A day in the union's zone, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The midnight that begins this day.
    Day(NaiveDate),
    /// This instant.
    Instant(DateTime<Utc>),
}

impl Moment {
    /// The year, in UTC for an instant.
    #[must_use]
    pub fn year(self) -> i32 {
        match self {
            Self::Day(day) => day.year(),
            Self::Instant(instant) => instant.year(),
        }
    }

    /// Reads `2026-11-21` or an RFC 3339 instant; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let instant = || DateTime::parse_from_rfc3339(text).ok().map(|at| Self::Instant(at.with_timezone(&Utc)));
        text.parse().ok().map(Self::Day).or_else(instant)
    }
}

/// What a report is asked about; what is missing is not narrowed down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportQuery {
    /// First moment of the period; the last 30 whole days where it is missing.
    pub from: Option<Moment>,
    /// End of the period, exclusive.
    pub to: Option<Moment>,
    /// What the period is compared with, in the report's own words.
    pub compare: Option<String>,
    /// Only this union and those below it.
    pub union: Option<String>,
    /// Only members of this district.
    pub district: Option<String>,
    /// Only members of this age band.
    pub age_band: Option<String>,
}

/// Why there is no report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportsError {
    /// No report has this name.
    #[error("no report {0:?}")]
    Unknown(String),
    /// A parameter has a value that cannot be taken.
    #[error("{parameter}: {what}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// There is nothing to report on yet.
    #[error("{0}")]
    NotYet(String),
    /// The report failed; the text goes to the log, not to the caller.
    #[error("{0}")]
    Failed(String),
}

/// No reports: for a service that has no lake beside it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReports;

#[async_trait]
impl Reports for NoReports {
    fn names(&self) -> &[&'static str] {
        &[]
    }

    async fn report(&self, name: &str, _query: ReportQuery) -> Result<Report, ReportsError> {
        Err(ReportsError::Unknown(name.to_owned()))
    }
}
