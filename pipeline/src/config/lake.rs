//! `[lake]` of `zhihui.toml`: location, history and writer's lease of the lake.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::lake::HistoryDays;

/// Location of the lake and length of its history.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LakeConfig {
    /// `s3://bucket/prefix`. If missing, the folder `lake/` of the home.
    pub url: Option<String>,
    /// Options of the object store: `endpoint`, `region`, `access_key_id`, `secret_access_key`, …
    pub options: BTreeMap<String, String>,
    /// Number of days for which `--as-of` is exact.
    pub history_days: HistoryDays,
    /// Time after which another machine takes over from a writer of an object store that does not renew its lease.
    pub lease_seconds: LeaseSeconds,
}

/// The term of the writer's lease in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct LeaseSeconds(u64);

impl LeaseSeconds {
    /// Returns the term.
    #[must_use]
    pub fn term(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl Default for LeaseSeconds {
    /// Longer than a pause of a virtual machine or a restart of the store usually takes.
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u64> for LeaseSeconds {
    type Error = String;

    fn try_from(seconds: u64) -> Result<Self, String> {
        if (2..=3_600).contains(&seconds) {
            return Ok(Self(seconds));
        }
        Err(format!("lease_seconds is {seconds}; use a number from 2 to 3600"))
    }
}

impl std::fmt::Debug for LakeConfig {
    /// Omits the options, which contain secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeConfig")
            .field("url", &self.url)
            .field("history_days", &self.history_days)
            .field("lease_seconds", &self.lease_seconds)
            .finish_non_exhaustive()
    }
}
