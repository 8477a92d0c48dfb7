//! A table of the lake as a `DataFusion` table provider: the files of one version with their statistics from the log.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

#[cfg(feature = "cluster")]
use crate::lake::TableSpec;
use crate::lake::{DataFile, LakeTable};

/// The URL under which sessions register the lake's store.
pub(crate) const STORE: &str = "lake://tables";

/// One version of a table. Text columns are views, which are read without a copy.
#[derive(Debug)]
pub(crate) struct LakeScan {
    name: String,
    schema: TableSchema,
    time_column: Option<usize>,
    files: Vec<DataFile>,
}

impl LakeScan {
    /// Creates a scan of the table's version.
    pub(crate) fn new(table: &LakeTable) -> Self {
        let partition_by = table.partition_by();
        let (partitions, stored): (Vec<_>, Vec<_>) =
            table.schema().fields().iter().cloned().partition(|field| partition_by.contains(field.name()));
        let partitions =
            partitions.into_iter().map(|field| Arc::new(Field::new(field.name(), partition_type(), false)));
        let stored: Vec<_> = stored.iter().map(|field| as_view(field)).collect();
        let stored = Schema::new(stored);
        let time_column = table.statistics().first().and_then(|name| stored.index_of(name).ok());
        let time_column = time_column.filter(|&at| matches!(stored.field(at).data_type(), DataType::Timestamp(..)));
        let partitions: Vec<_> = partitions.collect();
        let schema = TableSchema::builder(Arc::new(stored)).with_table_partition_cols(partitions).build();
        Self { name: table.name().to_owned(), schema, time_column, files: table.files() }
    }

    /// Creates a scan of files that are in no table.
    #[cfg(feature = "cluster")]
    pub(crate) fn of_files(spec: &TableSpec, files: Vec<DataFile>) -> Self {
        let schema = TableSchema::builder(Arc::clone(&spec.schema)).build();
        Self { name: spec.name.clone(), schema, time_column: None, files }
    }

    /// Replaces the files: some of the version's, or files that are not committed yet.
    #[must_use]
    pub(crate) fn with_files(self, files: Vec<DataFile>) -> Self {
        Self { files, ..self }
    }

    /// Reads text columns as texts instead of views.
    #[must_use]
    pub(crate) fn without_views(self) -> Self {
        let text = |field: &Arc<Field>| match field.data_type() {
            DataType::Utf8View => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)),
            _ => Arc::clone(field),
        };
        let stored: Vec<_> = self.schema.file_schema().fields().iter().map(text).collect();
        let partitions = self.schema.table_partition_cols().to_vec();
        let schema = TableSchema::builder(Arc::new(Schema::new(stored))).with_table_partition_cols(partitions).build();
        Self { schema, ..self }
    }

    fn partitioned_file(&self, file: &DataFile) -> PartitionedFile {
        let value = |field: &Arc<Field>| {
            let text = file.partition.get(field.name()).cloned();
            ScalarValue::Dictionary(Box::new(DataType::UInt16), Box::new(ScalarValue::Utf8(text)))
        };
        let values = self.schema.table_partition_cols().iter().map(value).collect();
        PartitionedFile::new(format!("{}/{}", self.name, file.path), file.bytes)
            .with_partition_values(values)
            .with_statistics(Arc::new(self.file_statistics(file)))
    }

    fn table_statistics(&self) -> Statistics {
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = Precision::Exact(self.files.iter().map(|file| file.rows).sum());
        statistics
    }

    /// The number of rows is exact. The bounds of the time column may be wider than its values; they serve to skip files.
    fn file_statistics(&self, file: &DataFile) -> Statistics {
        let mut statistics = Statistics::new_unknown(self.schema.file_schema());
        statistics.num_rows = Precision::Exact(file.rows);
        if let Some((at, (low, high))) = self.time_column.zip(file.time_range) {
            let instant =
                |micros| Precision::Inexact(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())));
            statistics.column_statistics[at] = ColumnStatistics {
                min_value: instant(low),
                max_value: instant(high),
                ..ColumnStatistics::new_unknown()
            };
        }
        statistics
    }
}

/// Returns text columns as views and other columns unchanged.
pub(super) fn as_view(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => Field::new(field.name(), DataType::Utf8View, true),
        other => Field::new(field.name(), other.clone(), true),
    }
}

/// The type of partition values: a dictionary, because all rows of a file have the same value.
pub(super) fn partition_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::Utf8))
}

#[async_trait]
impl TableProvider for LakeScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.table_statistics())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = self.schema.table_schema();
            let projected = projection.map_or_else(|| Ok(Arc::clone(schema)), |at| schema.project(at).map(Arc::new))?;
            return Ok(Arc::new(EmptyExec::new(projected)));
        }
        let files: Vec<PartitionedFile> = self.files.iter().map(|file| self.partitioned_file(file)).collect();
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let source = Arc::new(ParquetSource::new(self.schema.clone()));
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::parse(STORE)?, source)
            .with_file_groups(groups)
            .with_statistics(self.table_statistics())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        ParquetFormat::default().create_physical_plan(state, scan).await
    }
}
