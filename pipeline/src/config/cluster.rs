//! `[cluster]` of `zhihui.toml`: the scheduler of the machines that build together.

use std::path::PathBuf;

use serde::Deserialize;

use crate::cluster::SchedulerAddress;

/// The cluster that builds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// `df://host:port` of the scheduler. Without it, this machine builds alone.
    pub scheduler: Option<SchedulerAddress>,
    /// Number of parts into which a large step is split; at least the number of all threads of the executors.
    pub partitions: usize,
    /// Certificates of the cluster; without them, connections are not encrypted and everybody in the network may use it.
    pub tls: Option<ClusterTlsConfig>,
}

/// Files in PEM, relative to the home.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterTlsConfig {
    /// The certificate of the authority that signed the certificates of all machines.
    pub authority: PathBuf,
    /// The certificate of this machine, for its name in `scheduler` or `--host`.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
}

/// Maximum number of parts.
const MAX_PARTITIONS: usize = 4_096;

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { scheduler: None, partitions: 16, tls: None }
    }
}

impl ClusterConfig {
    /// Returns the key of an invalid value and why it is invalid.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if !(1..=MAX_PARTITIONS).contains(&self.partitions) {
            return Err(("partitions", format!("{} parts; use 1 to {MAX_PARTITIONS}", self.partitions)));
        }
        Ok(())
    }
}
