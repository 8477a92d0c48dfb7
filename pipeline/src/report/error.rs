//! What can keep a report from being made.

use datafusion::error::DataFusionError;

use crate::build::BuildError;
use crate::lake::LakeError;

/// An error of a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The lake could not be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A built table is missing or unusable.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A query failed.
    #[error("report query {name}: {source}")]
    Query {
        /// The query, a file of `pipeline/sql/report`.
        name: &'static str,
        /// The reason.
        source: Box<DataFusionError>,
    },
    /// The period is empty.
    #[error("the report's period ends at {to}, not after its beginning {from}; give a later end")]
    Period {
        /// First instant.
        from: String,
        /// End, exclusive.
        to: String,
    },
    /// The period lies beyond the calendar of reports.
    #[error("the report's period names the year {year}; give days from {first} to {last}")]
    Year {
        /// The year asked for.
        year: i32,
        /// The first that can be reported on.
        first: i32,
        /// The last.
        last: i32,
    },
    /// The union of the filter is not known.
    #[error("union {0} is not known; give the union_id of the unions table")]
    UnknownUnion(String),
    /// No member has the district or the age band of the filter.
    #[error("no member has the {filter} {value}; those there are: {known}")]
    UnknownFilter {
        /// `district` or `age_band`.
        filter: &'static str,
        /// What was asked for.
        value: String,
        /// What members have.
        known: String,
    },
}

impl ReportError {
    pub(super) fn query(name: &'static str) -> impl FnOnce(DataFusionError) -> Self {
        move |source| Self::Query { name, source: Box::new(source) }
    }
}
