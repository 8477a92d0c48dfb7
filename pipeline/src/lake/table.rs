//! A table of the lake at one version.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use deltalake::kernel::engine::arrow_conversion::TryFromArrow;
use deltalake::kernel::{Metadata, StructType};
use deltalake::logstore::LogStoreRef;
use deltalake::table::state::DeltaTableState;

use super::file_target::FileTarget;
use super::log::{self, LogState};
use super::{Lake, LakeError, TableSpec, TableWriter, stats};

/// The table property with the columns whose bounds the log may contain.
pub(super) const STATISTICS: &str = "delta.dataSkippingStatsColumns";

/// A data file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The path relative to the table.
    pub path: String,
    /// Number of rows.
    pub rows: usize,
    /// Size in bytes.
    pub bytes: u64,
    /// The value of every partition column.
    pub partition: BTreeMap<String, String>,
    /// Smallest and largest instant of the first statistics column, in microseconds, possibly a millisecond wider than the
    /// values. `None` if unknown; the file may then contain any instant.
    pub time_range: Option<(i64, i64)>,
}

/// What happens to the existing rows when the columns of a table change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OldRows {
    /// They stay, with nulls in the new columns.
    Kept,
    /// The commit that changes the columns replaces them.
    Replaced,
}

/// Columns that the next commit gives to the table.
#[derive(Debug, Clone)]
pub(super) struct NewColumns {
    pub(super) metadata: Metadata,
    pub(super) old_rows: OldRows,
}

/// A table at the version at which it was opened, or which its last commit created.
#[derive(Clone)]
pub struct LakeTable {
    pub(super) lake: Lake,
    pub(super) name: String,
    pub(super) log_store: LogStoreRef,
    pub(super) state: DeltaTableState,
    pub(super) transactions: BTreeMap<String, i64>,
    schema: SchemaRef,
    partition_by: Vec<String>,
    statistics: Vec<String>,
    files: Arc<Vec<DataFile>>,
    pub(super) new_columns: Option<NewColumns>,
}

impl LakeTable {
    /// Loads the newest version of a table; `None` if it does not exist.
    pub(super) async fn load(lake: &Lake, name: &str) -> Result<Option<Self>, LakeError> {
        let Some(LogState { newest, transactions }) = log::read(lake.store(), name).await? else {
            return Ok(None);
        };
        let log_store = lake.log_store(name)?;
        let state = DeltaTableState::try_new(log_store.as_ref(), Some(newest.unsigned_abs()))
            .await
            .map_err(|source| LakeError::Delta { table: name.to_owned(), what: "opening", source: source.into() })?;
        let mut table = Self {
            lake: lake.clone(),
            name: name.to_owned(),
            log_store,
            transactions,
            schema: state.snapshot().arrow_schema(),
            partition_by: state.metadata().partition_columns().to_vec(),
            statistics: Vec::new(),
            files: Arc::default(),
            new_columns: None,
            state,
        };
        table.load_files()?;
        Ok(Some(table))
    }

    /// Moves to a later version.
    pub(super) fn set_state(&mut self, state: DeltaTableState) -> Result<(), LakeError> {
        self.state = state;
        self.load_files()
    }

    /// Changes the columns and partitions to those of a spec. The next commit writes them to the log.
    pub(super) fn adopt(&mut self, spec: &TableSpec, old_rows: OldRows) -> Result<(), LakeError> {
        let metadata = metadata_of(spec, self.state.metadata())
            .map_err(|why| LakeError::SchemaMismatch { table: self.name.clone(), detail: why.to_string() })?;
        self.schema = Arc::clone(&spec.schema);
        self.partition_by.clone_from(&spec.partition_by);
        self.statistics.clone_from(&spec.statistics);
        self.new_columns = Some(NewColumns { metadata, old_rows });
        Ok(())
    }

    /// Whether the next commit changes the columns in a way that requires it to replace all rows.
    #[must_use]
    pub fn must_be_replaced(&self) -> bool {
        self.new_columns.as_ref().is_some_and(|new| new.old_rows == OldRows::Replaced)
    }

    fn load_files(&mut self) -> Result<(), LakeError> {
        let unsupported =
            |feature: &str| LakeError::Unsupported { table: self.name.clone(), feature: feature.to_owned() };
        let settings = self.state.metadata().configuration();
        if settings.get("delta.columnMapping.mode").is_some_and(|mode| mode != "none") {
            return Err(unsupported("column mapping"));
        }
        let named = settings.get(STATISTICS).map(String::as_str).unwrap_or_default();
        let statistics: Vec<String> = named.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let time_column = statistics.first().map(String::as_str);
        let mut files = Vec::new();
        for view in self.state.log_data().iter() {
            if view.deletion_vector_descriptor().is_some() {
                return Err(unsupported("deletion vectors"));
            }
            let (rows, time_range) = view.stats().map_or((None, None), |json| stats::from_json(&json, time_column));
            let rows = rows.or_else(|| view.num_records()).ok_or_else(|| unsupported("files without row counts"))?;
            let partition = view.partition_values_map().into_iter().filter_map(|(name, value)| Some((name, value?)));
            let path = view.path().into_owned();
            let bytes = view.size().unsigned_abs();
            files.push(DataFile { path, rows, bytes, partition: partition.collect(), time_range });
        }
        files.sort_by(|left, right| {
            (&left.partition, left.time_range, &left.path).cmp(&(&right.partition, right.time_range, &right.path))
        });
        self.statistics = statistics;
        self.files = Arc::new(files);
        Ok(())
    }

    /// The name, such as "raw/reads".
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version; 0 is the new, empty table.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.state.version().cast_signed()
    }

    /// The columns, including partition columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The partition columns.
    #[must_use]
    pub fn partition_by(&self) -> &[String] {
        &self.partition_by
    }

    /// The columns whose bounds the log may contain.
    #[must_use]
    pub fn statistics(&self) -> &[String] {
        &self.statistics
    }

    /// The files of this version, sorted by partition and time.
    #[must_use]
    pub fn files(&self) -> Vec<DataFile> {
        self.files.as_ref().clone()
    }

    /// Number of rows in this version.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The latest committed number of an application transaction.
    #[must_use]
    pub fn transaction(&self, app_id: &str) -> Option<i64> {
        self.transactions.get(app_id).copied()
    }

    /// Creates a writer of data files for this table. They become visible with [`LakeTable::commit`].
    #[must_use]
    pub fn writer(&self) -> TableWriter {
        TableWriter::new(self.file_target())
    }

    /// The place of this table's new data files.
    pub(crate) fn file_target(&self) -> FileTarget {
        FileTarget::of(self)
    }
}

/// Returns a table's metadata with the columns, partitions and statistics of a spec.
fn metadata_of(spec: &TableSpec, before: &Metadata) -> Result<Metadata, Box<dyn std::error::Error>> {
    let columns = StructType::try_from_arrow(spec.schema.as_ref())?;
    let mut metadata = serde_json::to_value(before)?;
    metadata["schemaString"] = serde_json::to_string(&columns)?.into();
    metadata["partitionColumns"] = spec.partition_by.clone().into();
    metadata["configuration"][STATISTICS] = spec.statistics.join(",").into();
    Ok(serde_json::from_value(metadata)?)
}

impl std::fmt::Debug for LakeTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeTable")
            .field("name", &self.name)
            .field("version", &self.version())
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}
