//! `[ingest]` of `zhihui.toml`: limits of records, workbooks, commits and ages.

use serde::Deserialize;

/// Limits of ingest. They bound memory independently of the content of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestLimits {
    /// Maximum length of a record of a text file in bytes. Files with a longer record are refused.
    pub max_record_bytes: usize,
    /// Maximum memory for decoded rows before they are committed, in bytes. Further rows go to temporary files.
    pub staging_bytes: usize,
    /// Address space of the process that decodes a workbook, in bytes.
    pub workbook_bytes: u64,
    /// CPU time of that process in seconds.
    pub workbook_seconds: u64,
    /// Maximum number of rows in one commit of facts (reads, shares, …), and of keys compared at a time. Takes about 50 bytes
    /// of memory per row.
    pub commit_rows: u64,
    /// Maximum age in years. Rows with an earlier birth date, or one in the future, are rejected.
    pub oldest_age: u32,
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            max_record_bytes: 16 << 20,
            staging_bytes: 384 << 20,
            workbook_bytes: 2 << 30,
            workbook_seconds: 120,
            commit_rows: 4_000_000,
            oldest_age: 120,
        }
    }
}

impl IngestLimits {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if !(1 << 10..=1 << 30).contains(&self.max_record_bytes) {
            return Err(("max_record_bytes", "must be between 1,024 and 1,073,741,824 bytes".to_owned()));
        }
        if self.workbook_bytes < 256 << 20 {
            return Err(("workbook_bytes", "must be at least 268,435,456 bytes".to_owned()));
        }
        if self.commit_rows == 0 {
            return Err(("commit_rows", "must be above 0".to_owned()));
        }
        if self.workbook_seconds == 0 || self.oldest_age == 0 {
            return Err(("workbook_seconds, oldest_age", "must be above 0".to_owned()));
        }
        Ok(())
    }
}
