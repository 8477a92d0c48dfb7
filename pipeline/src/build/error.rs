//! Errors of a build.

use datafusion::error::DataFusionError;
use zhihui_models::ModelError;

use crate::cluster::ClusterError;
use crate::lake::LakeError;
use crate::sql::PlanProblem;

/// An error of a build. No table was published, unless the lake failed between two commits; the next build repairs that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The cluster cannot be used.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A query failed.
    #[error("building {table}: {source}")]
    Query {
        /// The table that was being built.
        table: String,
        /// The reason.
        source: Box<DataFusionError>,
    },
    /// A query needs more memory than its session has, or its temporary files more than their limit.
    #[error(
        "building {table} needs more than {} MB of memory, even with joins by sorting: {source}; give the program more memory, or \
         raise max_gb of [spill] if its temporary files reached their limit", .memory_bytes >> 20
    )]
    Memory {
        /// The table that was being built.
        table: String,
        /// Memory of the session in bytes.
        memory_bytes: usize,
        /// The reason, with the largest users of memory.
        source: Box<DataFusionError>,
    },
    /// A query's plan would give wrong rows or need too much memory.
    #[error("the query of {table} cannot run: {problem}")]
    Plan {
        /// The table that was being built.
        table: String,
        /// The reason.
        problem: PlanProblem,
    },
    /// The folder of temporary files cannot be used.
    #[error("temporary files of the build: {source}; correct the folder of [spill]")]
    Spill {
        /// The reason.
        source: std::io::Error,
    },
    /// A check found rows that must not exist.
    #[error(
        "check {check} of table {table} failed: {}; nothing was published; correct the files that contain these rows and ingest them again", .examples.join("; ")
    )]
    Check {
        /// The table that failed the check.
        table: String,
        /// The check, a file of `pipeline/sql/checks`.
        check: String,
        /// Up to five wrong rows, without ids of members.
        examples: Vec<String>,
    },
    /// The shrinkage of preferences could not be learnt.
    #[error("learning topic preferences: {0}")]
    Model(#[from] ModelError),
    /// A built table does not exist.
    #[error("table {0} has not been built; run `zhihui build`")]
    NotBuilt(String),
    /// A built table comes from a release without this column.
    #[error("table {table} has no column {column}: another release built it; run `zhihui build`")]
    Outdated {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A table contains a value that this program does not write.
    #[error("table {table} contains an invalid value in {column}; remove the table's folder and build again")]
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
    /// Adds the name of the table to an error of a query.
    pub(crate) fn query(table: &str) -> impl FnOnce(DataFusionError) -> Self + '_ {
        |source| Self::Query { table: table.to_owned(), source: Box::new(source) }
    }

    pub(super) fn is_out_of_memory(&self) -> bool {
        let Self::Query { source, .. } = self else { return false };
        matches!(source.find_root(), DataFusionError::ResourcesExhausted(_))
    }

    /// Adds the memory of the session to the error of a query that has too little of it.
    pub(super) fn with_memory(self, memory_bytes: usize) -> Self {
        match self {
            Self::Query { table, source } if matches!(source.find_root(), DataFusionError::ResourcesExhausted(_)) => {
                Self::Memory { table, memory_bytes, source }
            }
            other => other,
        }
    }
}
