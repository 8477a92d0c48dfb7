//! Writes rows to Parquet files, one or more per partition. A commit adds the files to the table.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;

use super::file_target::FileTarget;
use super::open_file::OpenFile;
use super::{DataFile, LakeError, read};

/// Bytes after which a file is closed.
const MAX_FILE_BYTES: usize = 256 << 20;
/// Memory of all open files; if they need more, the largest is closed.
const MAX_MEMORY_BYTES: usize = 384 << 20;

/// Files that are durable in the store but not part of a version yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "written files are invisible until they are committed"]
pub struct Written {
    /// The files.
    pub files: Vec<DataFile>,
    /// The statistics of each file for the log, by path.
    pub(crate) statistics: HashMap<String, String>,
}

impl Written {
    /// Number of rows in all files.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Adds the files of another writer of the same table.
    pub fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.statistics.extend(other.statistics);
    }
}

/// Splits batches by partition and streams them to Parquet files.
#[derive(Debug)]
pub struct TableWriter {
    target: FileTarget,
    open: BTreeMap<Vec<String>, OpenFile>,
    written: Written,
}

impl TableWriter {
    pub(super) fn new(target: FileTarget) -> Self {
        Self { target, open: BTreeMap::new(), written: Written::default() }
    }

    /// Writes the rows of a batch. Columns are matched by name and cast to the table's types; missing columns are null.
    ///
    /// # Errors
    /// If the table has no such column, a value cannot be cast, a row has no partition value, or the store fails.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let schema = &self.target.spec.schema;
        let given = batch.schema();
        if let Some(unknown) = given.fields().iter().find(|field| schema.index_of(field.name()).is_err()) {
            return Err(self.rows_error(format!("there is no column {}", unknown.name())));
        }
        let batch = read::fit(batch, schema, &HashMap::new()).map_err(|error| self.rows_error(error.to_string()))?;
        for (partition, rows) in self.split(&batch)? {
            self.write_partition(partition, &rows).await?;
        }
        Ok(())
    }

    /// Closes the files. They are durable when this returns.
    ///
    /// # Errors
    /// If the store fails. `maintain` deletes the written files later.
    pub async fn finish(mut self) -> Result<Written, LakeError> {
        while let Some((_, file)) = self.open.pop_first() {
            self.close(file).await?;
        }
        Ok(self.written)
    }

    async fn write_partition(&mut self, partition: Vec<String>, rows: &RecordBatch) -> Result<(), LakeError> {
        if !self.open.contains_key(&partition) {
            let file = OpenFile::new(&self.target, &partition)?;
            self.open.insert(partition.clone(), file);
        }
        let Some(file) = self.open.get_mut(&partition) else { return Ok(()) };
        file.write(rows).await?;
        if file.bytes() >= MAX_FILE_BYTES
            && let Some(full) = self.open.remove(&partition)
        {
            self.close(full).await?;
        }
        while self.open.values().map(OpenFile::memory).sum::<usize>() > MAX_MEMORY_BYTES {
            let largest = self.open.iter().max_by_key(|(_, file)| file.memory()).map(|(key, _)| key.clone());
            let Some(file) = largest.and_then(|key| self.open.remove(&key)) else { break };
            self.close(file).await?;
        }
        Ok(())
    }

    async fn close(&mut self, file: OpenFile) -> Result<(), LakeError> {
        let (file, statistics) = file.close().await?;
        self.written.statistics.insert(file.path.clone(), statistics);
        self.written.files.push(file);
        Ok(())
    }

    /// Splits a batch by partition; the order of rows within a partition does not change.
    fn split(&self, batch: &RecordBatch) -> Result<Vec<(Vec<String>, RecordBatch)>, LakeError> {
        if batch.num_rows() == 0 {
            return Ok(Vec::new());
        }
        let mut columns = Vec::new();
        for name in &self.target.spec.partition_by {
            let values = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            let values = values.filter(|values| values.null_count() == 0);
            columns.push(
                values.ok_or_else(|| self.rows_error(format!("a row has no {name}, which is a partition column")))?,
            );
        }
        let key = |row: usize| columns.iter().map(|values| values.value(row)).collect::<Vec<&str>>();
        let mut groups: BTreeMap<Vec<&str>, Vec<u32>> = BTreeMap::new();
        let mut start = 0;
        while start < batch.num_rows() {
            let same = |row: usize| columns.iter().all(|values| values.value(row) == values.value(start));
            let end = (start + 1..batch.num_rows()).find(|&row| !same(row)).unwrap_or(batch.num_rows());
            let rows = (start..end).map(|row| u32::try_from(row).unwrap_or(u32::MAX));
            groups.entry(key(start)).or_default().extend(rows);
            start = end;
        }
        let owned = |key: Vec<&str>| key.into_iter().map(str::to_owned).collect::<Vec<_>>();
        if groups.len() == 1 {
            return Ok(groups.into_keys().map(|key| (owned(key), batch.clone())).collect());
        }
        let taken = groups.into_iter().map(|(key, rows)| {
            let rows = take_record_batch(batch, &UInt32Array::from(rows));
            rows.map(|rows| (owned(key), rows)).map_err(|error| self.rows_error(error.to_string()))
        });
        taken.collect()
    }

    fn rows_error(&self, detail: String) -> LakeError {
        LakeError::Rows { table: self.target.spec.name.clone(), detail }
    }
}
