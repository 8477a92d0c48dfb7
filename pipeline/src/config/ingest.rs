//! Limits of ingest: what one record, one workbook and one age may be.

use serde::Deserialize;

/// Bounds that keep memory small whatever a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestLimits {
    /// Longest record of a text file in bytes; a file with a longer one is refused.
    pub max_record_bytes: usize,
    /// Most rows held in memory between reading and committing, in bytes; what exceeds it waits in temporary files.
    pub staging_bytes: usize,
    /// Address space of the process that decodes a workbook, in bytes.
    pub workbook_bytes: u64,
    /// Processor time of that process in seconds.
    pub workbook_seconds: u64,
    /// Most rows of one commit of facts (reads, shares, …), and the rows whose keys are compared at a time: bounds memory,
    /// about 50 bytes a row.
    pub commit_rows: u64,
    /// Oldest age in years that a birth date may give; older ones are rejects, as are birth dates in the future.
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
            return Err(("max_record_bytes", "must lie between 1,024 and 1,073,741,824 bytes".to_owned()));
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
