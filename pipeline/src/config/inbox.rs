//! What becomes of files of the inbox whose rows are in the lake.

use serde::Deserialize;

/// The `[inbox]` of `zhihui.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InboxConfig {
    /// What is done with an ingested file.
    pub after_ingest: AfterIngest,
    /// Whether columns with names, phone numbers and identity numbers stay readable in ingested files.
    pub keep_identifying: bool,
}

/// What is done with an ingested file of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AfterIngest {
    /// It moves to `inbox/done/`.
    #[default]
    Move,
    /// It is deleted.
    Delete,
    /// It stays where it is.
    Keep,
}
