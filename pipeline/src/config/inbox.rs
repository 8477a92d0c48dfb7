//! `[inbox]` of `zhihui.toml`: what happens to ingested files of the file inbox.

use serde::Deserialize;

/// Handling of ingested files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InboxConfig {
    /// Action after a file's rows are in the lake.
    pub after_ingest: AfterIngest,
    /// Whether ingested files keep their columns of names, phone numbers and identity numbers.
    pub keep_identifying: bool,
}

/// Action on an ingested file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AfterIngest {
    /// Move to `inbox/done/`.
    #[default]
    Move,
    /// Delete.
    Delete,
    /// Leave in place.
    Keep,
}
