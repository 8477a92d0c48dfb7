//! Errors of reports.

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
    /// A built table is missing or invalid.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A query failed.
    #[error("report query {name}: {source}")]
    Query {
        /// The query, a file of `pipeline/sql/report`.
        name: &'static str,
        /// The query engine's error.
        source: Box<DataFusionError>,
    },
    /// The period is empty.
    #[error("the report's period ends at {to}, not after its start {from}; use a later end")]
    Period {
        /// First instant.
        from: String,
        /// End, exclusive.
        to: String,
    },
    /// The period is outside of the supported years.
    #[error("the report's period contains the year {year}; use years from {first} to {last}")]
    Year {
        /// The requested year.
        year: i32,
        /// The first supported year.
        first: i32,
        /// The last supported year.
        last: i32,
    },
    /// The union of the filter is unknown.
    #[error("unknown union {0}; use a union_id of the unions table")]
    UnknownUnion(String),
    /// No member has the district or the age band of the filter.
    #[error("no member has the {filter} {value}; use one of: {known}")]
    UnknownFilter {
        /// `district` or `age_band`.
        filter: &'static str,
        /// The requested value.
        value: String,
        /// The values that members have.
        known: String,
    },
}

impl ReportError {
    pub(super) fn query(name: &'static str) -> impl FnOnce(DataFusionError) -> Self {
        move |source| Self::Query { name, source: Box::new(source) }
    }
}
