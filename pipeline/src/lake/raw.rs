//! The schemas of the raw tables, of the table of rejected rows, and of that of values set to unknown.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::DateTime;
use zhihui_data::tables::Identity;
use zhihui_data::{ColumnKind, Table, Zone};

use super::TableSpec;

/// Column: content hash of the file that a row comes from.
pub const FILE: &str = "_file";
/// Column: position of a row within its batch.
pub const ROW: &str = "_row";
/// Column: the table version that a row's batch created. Later batches have larger numbers.
pub const BATCH: &str = "_batch";
/// Column of keyed tables: the mask of the contract columns that a row has, by [`Table::column_bit`]. Null, as in rows of earlier
/// versions, means all columns.
pub const COLUMNS: &str = "_columns";
/// Partition column: the month in the configured zone, such as "2026-11".
pub const MONTH: &str = "month";

/// Returns the spec of a contract table's raw table.
///
/// The columns are those of the contract except transient ones, then [`FILE`], [`ROW`], [`BATCH`], [`COLUMNS`] if the table
/// has a key, and [`MONTH`] if it has a partition time. The log contains bounds of the partition time and of [`BATCH`] only.
#[must_use]
pub fn raw_spec(table: Table) -> TableSpec {
    let stored = table.columns().iter().filter(|column| !column.transient);
    let mut fields: Vec<Field> = stored.map(|column| Field::new(column.name, arrow_type(column.kind), true)).collect();
    fields.push(Field::new(FILE, DataType::Utf8, true));
    fields.push(Field::new(ROW, DataType::Int64, true));
    fields.push(Field::new(BATCH, DataType::Int64, true));
    if matches!(table.identity(), Identity::Key(_)) {
        fields.push(Field::new(COLUMNS, DataType::Int64, true));
    }
    let time = table.partition_time();
    if time.is_some() {
        fields.push(Field::new(MONTH, DataType::Utf8, true));
    }
    TableSpec {
        name: raw_name(table),
        schema: Arc::new(Schema::new(fields)),
        partition_by: time.map(|_| MONTH.to_owned()).into_iter().collect(),
        statistics: time.into_iter().chain([BATCH]).map(str::to_owned).collect(),
    }
}

/// The name of a contract table's raw table, such as "raw/reads".
#[must_use]
pub fn raw_name(table: Table) -> String {
    format!("raw/{}", table.name())
}

/// Returns the spec of the table of rejected rows. `value` contains only the shape of personal values.
#[must_use]
pub fn rejects_spec() -> TableSpec {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let fields = vec![
        text("file"),
        text("sha256"),
        text("table"),
        Field::new("row", DataType::Int64, true),
        text("column"),
        text("value"),
        text("reason"),
        text("message"),
        text("run_id"),
        Field::new("rejected_at", instant_type(), true),
    ];
    TableSpec {
        name: "raw/rejects".to_owned(),
        schema: Arc::new(Schema::new(fields)),
        partition_by: Vec::new(),
        statistics: vec!["rejected_at".to_owned()],
    }
}

/// Returns the spec of the table of values that were set to unknown in accepted rows.
///
/// It has the columns of [`rejects_spec`], and is another table, so that no query of `rejects` counts their rows as rejected.
#[must_use]
pub fn nulled_spec() -> TableSpec {
    TableSpec { name: "raw/nulled".to_owned(), ..rejects_spec() }
}

/// The Arrow type of an instant: microseconds in UTC.
#[must_use]
pub fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The Arrow type of the stored values of a kind.
#[must_use]
pub fn arrow_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Id | ColumnKind::Text | ColumnKind::Choice(_) => DataType::Utf8,
        ColumnKind::Time => instant_type(),
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Integer { .. } => DataType::Int64,
        ColumnKind::Real { .. } => DataType::Float64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::List => DataType::List(Arc::new(Field::new("element", DataType::Utf8, true))),
    }
}

/// The value of [`MONTH`] for an instant in microseconds; "0000-00" for instants outside of the calendar.
#[must_use]
pub fn month_of(zone: Zone, micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(|| "0000-00".to_owned(), |instant| zone.local(instant).format("%Y-%m").to_string())
}

/// The schema of [`raw_spec`].
#[must_use]
pub fn raw_schema(table: Table) -> SchemaRef {
    raw_spec(table).schema
}
