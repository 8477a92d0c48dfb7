//! What was written, to the row, so that a test can say what reading it back must count.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Table;

/// A way in which real files are dirty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dirt {
    /// The row before it once more.
    Duplicate,
    /// An older row of the same key just before the row that stands.
    Superseded,
    /// A field too many, or fields missing at the end.
    Ragged,
    /// A required or planned time that is none.
    BadTime,
    /// A birth date that no calendar has.
    BadDate,
    /// A birth date 150 years ago or years ahead.
    ImpossibleAge,
    /// An identity number whose check character does not fit.
    BadIdNumber,
    /// An identity number typed into a sheet as a number, its last digits lost.
    DamagedIdNumber,
    /// Nothing that says which member, or the key is empty.
    MissingKey,
    /// A number outside its bounds.
    OutOfRange,
    /// A word outside the closed vocabulary.
    UnknownWord,
    /// Digits typed in full width; the row is good.
    FullWidth,
    /// A member that no roster names; the row is good.
    UnknownMember,
    /// An article or activity that no list names; the row is good.
    UnknownItem,
}

/// What reading a dirty row comes to under the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IngestOutcome {
    /// The row is rejected.
    Rejected,
    /// The row changes nothing: the same fact is there.
    Duplicate,
    /// One of two rows of a key replaces the other.
    Replaced,
    /// The row is accepted like any other.
    Accepted,
    /// The row is accepted and names something unknown.
    Unresolved,
}

impl Dirt {
    /// What reading such a row comes to.
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

/// One file of the sample. Under the contract `rows` = new + replaced + duplicates + rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// Its name within the folder.
    pub file: String,
    /// The table that it holds rows of.
    pub table: Table,
    /// Rows without header and title lines.
    pub rows: u64,
    /// Rows that name the member by openid alone.
    pub by_openid: u64,
    /// Dirty rows by kind.
    pub dirt: BTreeMap<Dirt, u64>,
    /// Headers that the contract does not know.
    pub unknown_columns: Vec<String>,
}

impl FileSummary {
    pub(super) fn new(file: String, table: Table) -> Self {
        Self { file, table, rows: 0, by_openid: 0, dirt: BTreeMap::new(), unknown_columns: Vec::new() }
    }

    /// Rows whose dirt comes to this outcome.
    #[must_use]
    pub fn count(&self, outcome: IngestOutcome) -> u64 {
        self.dirt.iter().filter(|(dirt, _)| dirt.outcome() == outcome).map(|(_, count)| count).sum()
    }

    /// Rows that are new to an empty lake.
    #[must_use]
    pub fn new_rows(&self) -> u64 {
        let others = [IngestOutcome::Rejected, IngestOutcome::Duplicate, IngestOutcome::Replaced];
        self.rows - others.into_iter().map(|outcome| self.count(outcome)).sum::<u64>()
    }
}

/// What was written and, for tests of models and reports, some of the truth behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleSummary {
    /// Every file, in the order in which they are best read.
    pub files: Vec<FileSummary>,
    /// Members with at least one good row in a roster.
    pub members: u64,
    /// Unions of all ranks, clubs included.
    pub unions: u64,
    /// Activities, services, products and venues open for sign-up at the end, and articles of the last 14 days.
    pub open_items: u64,
    /// Distinct (push, member) pairs of the arm `push`.
    pub pushed: u64,
    /// Distinct (push, member) pairs of the arm `hold_out`; the push did nothing to them.
    pub held_out: u64,
    /// Reads that happened because of a push.
    pub reads_by_push: u64,
    /// Wishes to sign up that arose because of a push, seats or not.
    pub requests_by_push: u64,
}

impl SampleSummary {
    /// Rows of a table that are new to an empty lake.
    #[must_use]
    pub fn new_rows(&self, table: Table) -> u64 {
        self.files.iter().filter(|file| file.table == table).map(FileSummary::new_rows).sum()
    }

    /// Rows whose dirt comes to this outcome, over all files.
    #[must_use]
    pub fn count(&self, outcome: IngestOutcome) -> u64 {
        self.files.iter().map(|file| file.count(outcome)).sum()
    }
}
