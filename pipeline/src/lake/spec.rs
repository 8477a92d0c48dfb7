//! What a table should look like: its name, columns, partitions and the columns whose bounds may enter the log.

use arrow::datatypes::SchemaRef;

/// The plan of a table, from which it is created and against which it is checked when opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// `area/name`, each of `a-z`, `0-9` and `_`: "raw/reads", "built/preferences".
    pub name: String,
    /// The columns, partition columns included.
    pub schema: SchemaRef,
    /// Text columns by whose values rows are put into separate files; a row must have them.
    pub partition_by: Vec<String>,
    /// The only columns whose smallest and largest values may enter the log. Never personal ones.
    pub statistics: Vec<String>,
}
