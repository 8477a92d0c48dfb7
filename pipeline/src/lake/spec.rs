//! The spec of a table: name, columns, partitions, and the columns whose bounds the log may contain.

use arrow::datatypes::{DataType, Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::TryFromArrow;
use deltalake::kernel::{StructField, StructType};

use super::LakeError;

/// The spec from which a table is created, and with which it is compared when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// `area/name`, each of `a-z`, `0-9` and `_`: "raw/reads", "built/preferences".
    pub name: String,
    /// The columns, partition columns included.
    pub schema: SchemaRef,
    /// Text columns that separate rows into files. Their values must not be null.
    pub partition_by: Vec<String>,
    /// The only columns whose smallest and largest values the log may contain. Never personal columns.
    pub statistics: Vec<String>,
}

impl TableSpec {
    /// Rejects invalid names, partition columns that are not text, and unknown statistics columns.
    pub(super) fn check(&self) -> Result<(), LakeError> {
        check_name(&self.name)?;
        for column in &self.partition_by {
            match self.schema.field_with_name(column).map(|field| field.data_type()) {
                Ok(DataType::Utf8) => {}
                _ => return Err(self.mismatch(format!("partition column {column} must be a text column"))),
            }
        }
        match self.statistics.iter().find(|column| self.schema.index_of(column).is_err()) {
            Some(column) => Err(self.mismatch(format!("statistics column {column} is not a column"))),
            None => Ok(()),
        }
    }

    /// Whether the spec has columns that a stored table does not have. Rejects a table with other partitions, a column of another
    /// type, or a column that the spec does not have.
    pub(super) fn adds_columns(&self, stored: &Schema, partition_by: &[String]) -> Result<bool, LakeError> {
        for field in stored.fields() {
            let (name, found) = (field.name(), shape(field.data_type()));
            match self.schema.field_with_name(name).map(|field| shape(field.data_type())) {
                Ok(expected) if expected == found => {}
                Ok(expected) => {
                    return Err(self.mismatch(format!("column {name} has type {found} instead of {expected}")));
                }
                Err(_) => return Err(self.mismatch(format!("column {name} ({found}) is unknown"))),
            }
        }
        if self.partition_by != partition_by {
            return Err(self.mismatch(format!("partitioned by {partition_by:?} instead of {:?}", self.partition_by)));
        }
        let mut new = self.schema.fields().iter().filter(|field| stored.field_with_name(field.name()).is_err());
        match new.clone().find(|field| !field.is_nullable()) {
            Some(field) => Err(self.mismatch(format!("column {} is missing and must not be null", field.name()))),
            None => Ok(new.next().is_some()),
        }
    }

    /// The columns as Delta fields.
    pub(super) fn fields(&self) -> Result<Vec<StructField>, LakeError> {
        let fields =
            StructType::try_from_arrow(self.schema.as_ref()).map_err(|error| self.mismatch(error.to_string()))?;
        Ok(fields.fields().cloned().collect())
    }

    fn mismatch(&self, detail: String) -> LakeError {
        LakeError::SchemaMismatch { table: self.name.clone(), detail }
    }
}

/// Rejects names that could leave the lake's folder or need escaping.
pub(super) fn check_name(name: &str) -> Result<(), LakeError> {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    match name.split_once('/') {
        Some((area, rest)) if plain(area) && plain(rest) => Ok(()),
        _ => Err(LakeError::Location(format!("`{name}` is not a table name; use area/name with a-z, 0-9 and _"))),
    }
}

/// A type without the name and nullability of list elements, which differ between writers.
fn shape(kind: &DataType) -> String {
    match kind {
        DataType::List(element) => format!("list of {}", shape(element.data_type())),
        other => other.to_string(),
    }
}
