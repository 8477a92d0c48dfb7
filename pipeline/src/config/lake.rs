//! Where the lake lies, and how much history it keeps.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::lake::HistoryDays;

/// The `[lake]` of `zhihui.toml`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LakeConfig {
    /// `s3://bucket/prefix`; missing: the folder `lake/` of the home.
    pub url: Option<String>,
    /// Options of the store: `endpoint`, `region`, `access_key_id`, `secret_access_key`, …
    pub options: BTreeMap<String, String>,
    /// For how many days `--as-of` is exact.
    pub history_days: HistoryDays,
}

impl std::fmt::Debug for LakeConfig {
    /// Without the options: some are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeConfig")
            .field("url", &self.url)
            .field("history_days", &self.history_days)
            .finish_non_exhaustive()
    }
}
