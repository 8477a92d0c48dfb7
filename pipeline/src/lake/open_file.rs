//! Writes one Parquet file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::file_target::{FileTarget, has_useful_bounds};
use super::stats::ColumnStatistics;
use super::{DataFile, LakeError, TableSpec};

/// Rows in a row group: small enough for two readers to share a file, large enough to compress.
const ROW_GROUP_ROWS: usize = 262_144;

/// A file of one partition that is not complete yet.
pub(super) struct OpenFile {
    table: String,
    path: String,
    partition: BTreeMap<String, String>,
    stored: Vec<usize>,
    statistics: ColumnStatistics,
    writer: AsyncArrowWriter<BufWriter>,
}

impl OpenFile {
    /// Creates a file in the partition with these values.
    pub(super) fn new(target: &FileTarget, values: &[String]) -> Result<Self, LakeError> {
        let spec = &target.spec;
        let partition: BTreeMap<String, String> =
            spec.partition_by.iter().cloned().zip(values.iter().cloned()).collect();
        let folders: String = partition.iter().map(|(name, value)| format!("{}/", folder(name, value))).collect();
        let path = format!("{folders}part-{}.parquet", Uuid::new_v4());
        let (schema, stored) = target.stored_columns();
        let named = spec.statistics.iter().filter_map(|name| schema.field_with_name(name).ok());
        let statistics = ColumnStatistics::new(named.map(|field| (field.name().clone(), field.data_type().clone())));
        let sink = BufWriter::new(Arc::clone(&target.store), Path::from(format!("{}/{path}", spec.name)));
        let writer = AsyncArrowWriter::try_new(sink, Arc::clone(&schema), Some(properties(spec, &schema)))
            .map_err(|error| write_error(&spec.name, &path, &error))?;
        Ok(Self { table: spec.name.clone(), path, partition, stored, statistics, writer })
    }

    /// Appends rows that have all columns of the table.
    pub(super) async fn write(&mut self, rows: &RecordBatch) -> Result<(), LakeError> {
        let rows = rows
            .project(&self.stored)
            .map_err(|error| LakeError::Rows { table: self.table.clone(), detail: error.to_string() })?;
        self.statistics.add(&rows);
        self.writer.write(&rows).await.map_err(|error| write_error(&self.table, &self.path, &error))
    }

    /// Bytes of the file so far, including those in memory.
    pub(super) fn bytes(&self) -> usize {
        self.writer.bytes_written() + self.writer.in_progress_size()
    }

    /// Bytes held in memory.
    pub(super) fn memory(&self) -> usize {
        self.writer.memory_size()
    }

    /// Completes the file durably and returns it with its statistics for the log.
    pub(super) async fn close(mut self) -> Result<(DataFile, String), LakeError> {
        self.writer.finish().await.map_err(|error| write_error(&self.table, &self.path, &error))?;
        let statistics = self.statistics.to_json();
        let file = DataFile {
            path: self.path,
            rows: self.statistics.rows(),
            bytes: self.writer.bytes_written() as u64,
            partition: self.partition,
            time_range: self.statistics.time_range(),
        };
        Ok((file, statistics))
    }
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Returns a partition's folder. A value that would need escaping, or is not suitable for a path, is replaced by its hash; readers
/// get the value from the log.
fn folder(name: &str, value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=64).contains(&value.len()) && !value.starts_with('.') && value.bytes().all(plain) {
        format!("{name}={value}")
    } else {
        format!("{name}-{:016x}", xxh3_64(value.as_bytes()))
    }
}

fn properties(spec: &TableSpec, schema: &arrow::datatypes::Schema) -> WriterProperties {
    let level = ZstdLevel::try_new(1).map_or(Compression::SNAPPY, Compression::ZSTD);
    let mut properties = WriterProperties::builder()
        .set_compression(level)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::None);
    for field in schema.fields() {
        let named = spec.statistics.contains(field.name());
        if named || has_useful_bounds(field.data_type()) {
            let kind = if named { EnabledStatistics::Page } else { EnabledStatistics::Chunk };
            properties = properties.set_column_statistics_enabled(ColumnPath::from(field.name().as_str()), kind);
        }
        // Instants hardly repeat, so a dictionary would cost time and save no space.
        if matches!(field.data_type(), DataType::Timestamp(..)) {
            let column = ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
    }
    properties.build()
}

fn write_error(table: &str, path: &str, error: &parquet::errors::ParquetError) -> LakeError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) {
            return LakeError::Full { table: table.to_owned(), file: path.to_owned() };
        }
        cause = inner.source();
    }
    LakeError::Store {
        table: table.to_owned(),
        what: "writing a data file",
        source: object_store::Error::Generic { store: "Parquet", source: format!("{path}: {error}").into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_volume_is_reported_even_if_the_cause_is_nested() {
        let full = |kind| {
            let cause = std::io::Error::new(kind, "no");
            let store = object_store::Error::Generic { store: "disk", source: Box::new(cause) };
            write_error("raw/reads", "part.parquet", &parquet::errors::ParquetError::External(Box::new(store)))
        };
        assert!(matches!(full(ErrorKind::StorageFull), LakeError::Full { .. }));
        assert!(matches!(full(ErrorKind::PermissionDenied), LakeError::Store { .. }));
    }
}
