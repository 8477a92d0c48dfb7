//! What can stop a build.

use datafusion::error::DataFusionError;
use zhihui_models::ModelError;

use crate::lake::LakeError;

/// An error of the build: nothing was published when it is given, except where a commit of the lake failed half-way, which
/// the next build repairs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The lake could not be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A query failed.
    #[error("building {table}: {source}")]
    Query {
        /// The table that was being made.
        table: String,
        /// The reason.
        source: Box<DataFusionError>,
    },
    /// A check found rows that must not exist.
    #[error(
        "check {check} refused table {table}: {}; nothing was published, correct the files named by these rows and ingest them again", .examples.join("; ")
    )]
    Check {
        /// The table that did not pass.
        table: String,
        /// The check, a file of `pipeline/sql/checks`.
        check: String,
        /// Up to five offending rows without ids of members.
        examples: Vec<String>,
    },
    /// The amount of shrinkage could not be learnt.
    #[error("learning topic preferences: {0}")]
    Model(#[from] ModelError),
    /// A built table that was expected is not there.
    #[error("table {0} has not been built; run `zhihui build`")]
    NotBuilt(String),
    /// A built table is of a release that made it without this column.
    #[error("table {table} has no column {column}: another release built it; run `zhihui build`")]
    Outdated {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A built table holds what no build writes.
    #[error("table {table} holds an unusable value in {column}; remove the table's folder and build again")]
    Damaged {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// An option is out of range.
    #[error("{0}")]
    Options(String),
}

impl BuildError {
    /// Names the table that a query was about.
    pub(crate) fn query(table: &str) -> impl FnOnce(DataFusionError) -> Self + '_ {
        |source| Self::Query { table: table.to_owned(), source: Box::new(source) }
    }
}
