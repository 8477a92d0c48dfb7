//! `[lake]` of `zhihui.toml`: location and history of the lake.

use std::collections::BTreeMap;

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
}

impl std::fmt::Debug for LakeConfig {
    /// Omits the options, which contain secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeConfig")
            .field("url", &self.url)
            .field("history_days", &self.history_days)
            .finish_non_exhaustive()
    }
}
