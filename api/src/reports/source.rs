//! Port: makes reports. The program implements it, because reports read the lake.

use async_trait::async_trait;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::Serialize;
use thiserror::Error;
use zhihui_engine::report::Report;

/// Makes reports.
#[async_trait]
pub trait ReportSource: Send + Sync + 'static {
    /// Names of the available reports. `/reports` shows the first one.
    fn names(&self) -> &[&'static str];

    /// Makes a report.
    ///
    /// # Errors
    /// [`ReportSourceError`].
    async fn report(&self, name: &str, query: ReportQuery) -> Result<Report, ReportSourceError>;

    /// The latest comments of members in a period, without their authors. Reports do not contain them.
    ///
    /// # Errors
    /// [`ReportSourceError`].
    async fn comments(&self, _query: ReportQuery) -> Result<Vec<MemberComment>, ReportSourceError> {
        Ok(Vec::new())
    }
}

/// A comment of a member, without its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberComment {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What it is about; null if it is about the account.
    pub item_id: Option<String>,
    /// The title of that item.
    pub title: Option<String>,
    /// The rating that came with it, 1 to 5.
    pub rating: Option<u64>,
    /// Its text.
    pub text: String,
}

/// Start or end of a period: a day in the configured time zone, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodBound {
    /// Midnight at the start of this day.
    Day(NaiveDate),
    /// This instant.
    Instant(DateTime<Utc>),
}

impl PeriodBound {
    /// The year, in UTC for an instant.
    #[must_use]
    pub fn year(self) -> i32 {
        match self {
            Self::Day(day) => day.year(),
            Self::Instant(instant) => instant.year(),
        }
    }

    /// Parses `2026-11-21` or an RFC 3339 instant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let instant = || DateTime::parse_from_rfc3339(text).ok().map(|at| Self::Instant(at.with_timezone(&Utc)));
        text.parse().ok().map(Self::Day).or_else(instant)
    }
}

/// Period and filters of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportQuery {
    /// Start of the period; the last 30 whole days if missing.
    pub from: Option<PeriodBound>,
    /// End of the period, exclusive.
    pub to: Option<PeriodBound>,
    /// Name of the period to compare with.
    pub compare: Option<String>,
    /// Only this union subtree.
    pub union: Option<String>,
    /// Only members of this district.
    pub district: Option<String>,
    /// Only members of this age band.
    pub age_band: Option<String>,
}

/// Why a report cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportSourceError {
    /// No report has this name.
    #[error("no report {0:?}")]
    Unknown(String),
    /// A parameter is invalid.
    #[error("{parameter}: {what}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// There are no data yet.
    #[error("{0}")]
    NotYet(String),
    /// The report failed; the text goes to the log, not to the caller.
    #[error("{0}")]
    Failed(String),
}

/// A source without reports, for a service without a lake.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReports;

#[async_trait]
impl ReportSource for NoReports {
    fn names(&self) -> &[&'static str] {
        &[]
    }

    async fn report(&self, name: &str, _query: ReportQuery) -> Result<Report, ReportSourceError> {
        Err(ReportSourceError::Unknown(name.to_owned()))
    }
}
