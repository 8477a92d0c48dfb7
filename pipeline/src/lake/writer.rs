//! Writes rows as Parquet files, one or more for each partition; a commit makes them part of the table.

use arrow::record_batch::RecordBatch;

use super::{DataFile, LakeError};

/// Files that lie durably in the store but belong to no version yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "written files are invisible until they are committed"]
pub struct Written {
    /// The files.
    pub files: Vec<DataFile>,
}

impl Written {
    /// Rows in all files.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }
}

/// Splits batches by partition and streams them to Parquet files.
#[derive(Debug)]
pub struct TableWriter {
    _private: (),
}

impl TableWriter {
    pub(super) fn new() -> Self {
        Self { _private: () }
    }

    /// Takes the rows of a batch. Columns are matched by name and cast to the table's types; a column that the batch lacks
    /// is written as missing.
    ///
    /// # Errors
    /// A column that the table lacks, a type that cannot be cast, or a row without its partition value.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let _ = batch;
        Err(LakeError::Location("under construction".to_owned()))
    }

    /// Closes the files; they are durable when this returns.
    ///
    /// # Errors
    /// When the store fails; what was written is then an orphan for `maintain`.
    pub async fn finish(self) -> Result<Written, LakeError> {
        Err(LakeError::Location("under construction".to_owned()))
    }
}
