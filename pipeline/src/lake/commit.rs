//! A commit: what it replaces, which application transactions it carries, and what the log may say about it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{DataFile, LakeError, LakeTable, Written};

/// What becomes of the rows that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitMode {
    /// They stay; the new rows are added.
    Append,
    /// They go; the table holds the new rows alone.
    ReplaceAll,
    /// Those in these partitions go. A partition is given by the values of all partition columns.
    ReplacePartitions(Vec<BTreeMap<String, String>>),
    /// Those in these files go.
    Files {
        /// The files, as [`LakeTable::files`] gives them.
        remove: Vec<DataFile>,
    },
}

/// What the log says about a commit. Nothing personal belongs here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// One word for what was done: "ingest", "build", "compact".
    pub operation: String,
    /// The run that did it.
    pub run_id: String,
    /// When; also the age of removed files for a later vacuum.
    pub at: DateTime<Utc>,
}

impl LakeTable {
    /// Commits written files and gives the new version. Either all of it happens, durably, or none of it.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] when the table moved on since it was opened, [`LakeError::AlreadyDone`] when one of the
    /// transactions is in the table already, at this version or a later one. Files of a commit that failed are never
    /// deleted here; `maintain` finds those that no version names.
    pub async fn commit(
        &mut self,
        written: Written,
        mode: CommitMode,
        transactions: Vec<(String, i64)>,
        info: CommitInfo,
    ) -> Result<i64, LakeError> {
        let _ = (written, mode, transactions, info);
        Err(LakeError::Location("under construction".to_owned()))
    }
}
