//! Builds on a cluster of machines: a Ballista scheduler, executors, and the build that sends them its plans.
//!
//! Queries are planned here, by the same rules as on one machine. Executors read the lake and write Parquet files into it; only the
//! build commits them. Without the feature `cluster` everything exists and says that it is not compiled in.

mod address;
mod error;
mod options;

#[cfg(not(feature = "cluster"))]
mod absent;
#[cfg(feature = "cluster")]
mod codec;
#[cfg(feature = "cluster")]
mod executor;
#[cfg(feature = "cluster")]
mod file_rows;
#[cfg(feature = "cluster")]
mod jobs;
#[cfg(feature = "cluster")]
mod scheduler;
#[cfg(feature = "cluster")]
mod tls;
#[cfg(feature = "cluster")]
mod write_files;

#[cfg(not(feature = "cluster"))]
pub(crate) use absent::Cluster;
#[cfg(not(feature = "cluster"))]
pub use absent::{run_executor, run_scheduler};
pub use address::SchedulerAddress;
pub use error::ClusterError;
#[cfg(feature = "cluster")]
pub use executor::run_executor;
#[cfg(feature = "cluster")]
pub(crate) use jobs::Cluster;
pub use options::{ClusterOptions, ClusterTls, ExecutorOptions, Fault, SchedulerOptions};
#[cfg(feature = "cluster")]
pub use scheduler::run_scheduler;

/// Whether this program can be part of a cluster.
///
/// # Errors
/// [`ClusterError::NotCompiled`] without the feature `cluster`.
pub fn require_support() -> Result<(), ClusterError> {
    if cfg!(feature = "cluster") { Ok(()) } else { Err(ClusterError::NotCompiled) }
}
