//! Options of a cluster's parts.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::SchedulerAddress;

/// The cluster that a build uses.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The scheduler.
    pub scheduler: SchedulerAddress,
    /// Number of parts into which a large step is split.
    pub partitions: usize,
    /// Certificates, if the cluster uses TLS.
    pub tls: Option<ClusterTls>,
    /// Faults to inject, for tests.
    pub fault: Option<Fault>,
}

impl ClusterOptions {
    /// A cluster without TLS, with as many parts as the default of the settings.
    #[must_use]
    pub fn at(scheduler: SchedulerAddress) -> Self {
        Self { scheduler, partitions: 16, tls: None, fault: None }
    }
}

/// Certificates in PEM. All parts prove who they are (mutual TLS), with certificates of the same authority.
#[derive(Clone, PartialEq, Eq)]
pub struct ClusterTls {
    /// The certificate of the authority.
    pub authority: Vec<u8>,
    /// The certificate of this machine.
    pub certificate: Vec<u8>,
    /// The key of the certificate.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for ClusterTls {
    /// Omits the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterTls").finish_non_exhaustive()
    }
}

/// The tasks of a job fail with this probability after they have written their files.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// 0 to 1.
    pub probability: f64,
    /// Decides, with the table and the number of the attempt, which jobs fail.
    pub seed: u64,
}

/// A scheduler.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Seconds without a sign of life after which an executor counts as lost and its tasks run elsewhere.
    pub executor_timeout_seconds: u64,
    /// Certificates, if the cluster uses TLS.
    pub tls: Option<ClusterTls>,
}

/// An executor.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Its scheduler.
    pub scheduler: SchedulerAddress,
    /// Address to listen on, for other executors and builds that fetch results.
    pub listen: SocketAddr,
    /// The name or address under which others reach this machine.
    pub host: String,
    /// Number of tasks at a time.
    pub threads: usize,
    /// Memory of all tasks; what needs more is written to `work_dir`.
    pub memory_bytes: u64,
    /// Folder for intermediate results.
    pub work_dir: PathBuf,
    /// Certificates, if the cluster uses TLS.
    pub tls: Option<ClusterTls>,
}
