//! What a writer of data files needs to know of a table: store, name, columns, partitions and statistics. Has no version, so that
//! another process can write files for the one that commits them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use object_store::ObjectStore;

use super::{LakeTable, TableSpec};

/// The place of new data files.
#[derive(Debug, Clone)]
pub(crate) struct FileTarget {
    pub(crate) spec: TableSpec,
    pub(super) store: Arc<dyn ObjectStore>,
}

impl FileTarget {
    /// Creates a target in the store whose root is the lake.
    #[cfg(feature = "cluster")]
    pub(crate) fn new(store: Arc<dyn ObjectStore>, spec: TableSpec) -> Self {
        Self { spec, store }
    }

    /// The target of a table's new files.
    pub(super) fn of(table: &LakeTable) -> Self {
        let spec = TableSpec {
            name: table.name().to_owned(),
            schema: table.schema(),
            partition_by: table.partition_by().to_vec(),
            statistics: table.statistics().to_vec(),
        };
        Self { spec, store: Arc::clone(table.lake.store()) }
    }

    /// Creates a writer of data files.
    #[cfg(feature = "cluster")]
    pub(crate) fn writer(self) -> super::TableWriter {
        super::TableWriter::new(self)
    }

    /// The columns that files contain, all except the partition columns, and their places among the columns.
    pub(super) fn stored_columns(&self) -> (SchemaRef, Vec<usize>) {
        let (schema, partition_by) = (&self.spec.schema, &self.spec.partition_by);
        let stored: Vec<usize> =
            (0..schema.fields().len()).filter(|&at| !partition_by.contains(schema.field(at).name())).collect();
        let fields: Vec<_> = stored.iter().map(|&at| schema.field(at).clone()).collect();
        (Arc::new(Schema::new(fields)), stored)
    }
}

/// Whether bounds of a column in the file's footer help readers: those of numbers and instants do.
pub(super) fn has_useful_bounds(kind: &DataType) -> bool {
    kind.is_numeric() || kind.is_temporal()
}
