//! A summary of the written files with exact counts, so that tests can predict the result of ingest.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Table;

/// A kind of damaged row, as found in real files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dirt {
    /// A repetition of the previous row.
    Duplicate,
    /// An older row with the same key, just before the current one.
    Superseded,
    /// A row with an extra field, or with fields missing at the end.
    Ragged,
    /// An invalid required or planned time.
    BadTime,
    /// A birth date that does not exist.
    BadDate,
    /// A birth date 150 years ago or in the future.
    ImpossibleAge,
    /// An identity number with a wrong check character.
    BadIdNumber,
    /// An identity number entered as a number in a sheet, which lost its last digits.
    DamagedIdNumber,
    /// A row without a member, or with an empty key.
    MissingKey,
    /// A number out of bounds.
    OutOfRange,
    /// A value outside the closed vocabulary.
    UnknownWord,
    /// Digits in full width. The row is valid.
    FullWidth,
    /// A member who is not in any roster. The row is valid.
    UnknownMember,
    /// An article or activity that is not in any list. The row is valid.
    UnknownItem,
}

/// The result of ingesting a damaged row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IngestOutcome {
    /// The row is rejected.
    Rejected,
    /// The row is a duplicate of an existing fact.
    Duplicate,
    /// One of two rows with the same key replaces the other.
    Replaced,
    /// The row is accepted without remarks.
    Accepted,
    /// The row is accepted and refers to an unknown id.
    Unresolved,
}

impl Dirt {
    /// The result of ingesting such a row.
    #[must_use]
    pub fn outcome(self) -> IngestOutcome {
        match self {
            Self::Duplicate => IngestOutcome::Duplicate,
            Self::Superseded => IngestOutcome::Replaced,
            Self::FullWidth => IngestOutcome::Accepted,
            Self::UnknownMember | Self::UnknownItem => IngestOutcome::Unresolved,
            _ => IngestOutcome::Rejected,
        }
    }
}

/// A file of the sample. `rows` = new + replaced + duplicate + rejected rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// File name within the folder.
    pub file: String,
    /// The table of its rows.
    pub table: Table,
    /// Number of rows, without header and title lines.
    pub rows: u64,
    /// Rows that identify the member by openid only.
    pub by_openid: u64,
    /// Damaged rows by kind.
    pub dirt: BTreeMap<Dirt, u64>,
    /// Headers that are not part of the contract.
    pub unknown_columns: Vec<String>,
}

impl FileSummary {
    pub(super) fn new(file: String, table: Table) -> Self {
        Self { file, table, rows: 0, by_openid: 0, dirt: BTreeMap::new(), unknown_columns: Vec::new() }
    }

    /// Damaged rows with this outcome.
    #[must_use]
    pub fn count(&self, outcome: IngestOutcome) -> u64 {
        self.dirt.iter().filter(|(dirt, _)| dirt.outcome() == outcome).map(|(_, count)| count).sum()
    }

    /// Rows that are new in an empty lake.
    #[must_use]
    pub fn new_rows(&self) -> u64 {
        let others = [IngestOutcome::Rejected, IngestOutcome::Duplicate, IngestOutcome::Replaced];
        self.rows - others.into_iter().map(|outcome| self.count(outcome)).sum::<u64>()
    }
}

/// A summary of all files and, for tests of models and reports, some hidden values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleSummary {
    /// All files, in the recommended order of ingest.
    pub files: Vec<FileSummary>,
    /// Members with at least one valid row in a roster.
    pub members: u64,
    /// Unions of all levels, including clubs.
    pub unions: u64,
    /// Activities, services, products and venues open for sign-up at the end, and articles of the last 14 days.
    pub open_items: u64,
    /// Distinct pairs of push and member in the arm `push`.
    pub pushed: u64,
    /// Distinct pairs of push and member in the arm `hold_out`, on whom the push had no effect.
    pub held_out: u64,
    /// Reads caused by a push.
    pub reads_by_push: u64,
    /// Sign-up requests caused by a push, with or without a seat.
    pub requests_by_push: u64,
}

impl SampleSummary {
    /// Rows of a table that are new in an empty lake.
    #[must_use]
    pub fn new_rows(&self, table: Table) -> u64 {
        self.files.iter().filter(|file| file.table == table).map(FileSummary::new_rows).sum()
    }

    /// Damaged rows with this outcome in all files.
    #[must_use]
    pub fn count(&self, outcome: IngestOutcome) -> u64 {
        self.files.iter().map(|file| file.count(outcome)).sum()
    }
}
