//! The build state: fingerprint and number of rows of every built table, stored in the lake with the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use futures::{StreamExt, pin_mut};

use super::BuildError;
use crate::ingest::inbox_transaction;
use crate::lake::raw::instant_type;
use crate::lake::{CommitInfo, CommitMode, Lake, LakeError, TableSpec};

/// The column with the instant of the last build.
const AS_OF: &str = "as_of";
pub(super) const TABLE: &str = "built/build_state";

/// The state of one table, or of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TableState {
    /// Of its SQL, parameters and inputs.
    pub(super) fingerprint: String,
    pub(super) rows: i64,
    /// Fingerprint of the owners of the openids that its raw rows name; empty if they name none.
    pub(super) actors: String,
    /// Rows left out because their openid has no owner.
    pub(super) unresolved: i64,
}

/// States by table.
pub(super) type BuildState = BTreeMap<String, TableState>;

/// Loads the state of the last build; empty if there was none or if it has other columns.
pub(super) async fn load(lake: &Lake) -> Result<BuildState, BuildError> {
    let mut states = BuildState::new();
    let Some(table) = lake.table(TABLE).await? else { return Ok(states) };
    let (expected, found) = (schema(), table.schema());
    let exists = |field: &Arc<Field>| {
        found.field_with_name(field.name()).is_ok_and(|found| found.data_type() == field.data_type())
    };
    if !expected.fields().iter().all(exists) {
        // Another release stored other columns. Without a state every table is built again.
        return Ok(states);
    }
    let batches = table.read(&table.files(), &[]).await?;
    pin_mut!(batches);
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let texts = |name: &str| column(&batch, name, |column| column.as_string_opt::<i32>().cloned());
        let numbers = |name: &str| column(&batch, name, |column| column.as_primitive_opt::<Int64Type>().cloned());
        let (tables, fingerprints, actors) = (texts("table")?, texts("fingerprint")?, texts("actors")?);
        let (rows, unresolved) = (numbers("rows")?, numbers("unresolved")?);
        for row in 0..batch.num_rows() {
            let state = TableState {
                fingerprint: fingerprints.value(row).to_owned(),
                rows: rows.value(row),
                actors: actors.value(row).to_owned(),
                unresolved: unresolved.value(row),
            };
            states.insert(tables.value(row).to_owned(), state);
        }
    }
    Ok(states)
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    let fields = vec![text("table"), text("fingerprint"), number("rows"), text("actors"), number("unresolved")];
    Arc::new(Schema::new(fields))
}

/// The columns of a state, and in each row the instant of the last build.
fn stored_schema() -> SchemaRef {
    let instant = Field::new(AS_OF, instant_type(), true);
    Arc::new(Schema::new(schema().fields().iter().cloned().chain([Arc::new(instant)]).collect::<Vec<_>>()))
}

/// Returns the instant as of which the built tables were made; `None` before the first build, and for tables that a release
/// made which did not store it.
///
/// # Errors
/// If the state cannot be read.
pub async fn last_as_of(lake: &Lake) -> Result<Option<DateTime<Utc>>, LakeError> {
    let Some(table) = lake.table(TABLE).await? else { return Ok(None) };
    if table.schema().field_with_name(AS_OF).is_err() {
        return Ok(None);
    }
    let batches = table.read(&table.files(), &[]).await?;
    pin_mut!(batches);
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let column =
            batch.column_by_name(AS_OF).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        if let Some(micros) = column.and_then(|column| column.iter().flatten().next()) {
            return Ok(DateTime::from_timestamp_micros(micros));
        }
    }
    Ok(None)
}

/// Replaces the stored state. The tables must be committed first: if the program dies in between, fingerprints differ and the
/// next build makes those tables again.
///
/// `inbox_number` is the application transaction with the number up to which the tables contain an inbox's events.
pub(super) async fn save(
    lake: &Lake,
    states: &BuildState,
    as_of: DateTime<Utc>,
    inbox_number: Option<(String, i64)>,
    info: CommitInfo,
) -> Result<(), BuildError> {
    let schema = stored_schema();
    let spec = TableSpec {
        name: TABLE.to_owned(),
        schema: Arc::clone(&schema),
        partition_by: Vec::new(),
        statistics: Vec::new(),
    };
    let strings = |of: &dyn Fn((&String, &TableState)) -> String| -> ArrayRef {
        Arc::new(StringArray::from(states.iter().map(of).collect::<Vec<_>>()))
    };
    let columns: Vec<ArrayRef> = vec![
        strings(&|(name, _)| name.clone()),
        strings(&|(_, state)| state.fingerprint.clone()),
        Arc::new(Int64Array::from_iter_values(states.values().map(|state| state.rows))),
        strings(&|(_, state)| state.actors.clone()),
        Arc::new(Int64Array::from_iter_values(states.values().map(|state| state.unresolved))),
        Arc::new(TimestampMicrosecondArray::from_value(as_of.timestamp_micros(), states.len()).with_timezone("UTC")),
    ];
    let batch = RecordBatch::try_new(schema, columns).map_err(|error| BuildError::query(TABLE)(error.into()))?;
    let mut table = lake.create_derived(&spec).await?;
    let mut writer = table.writer();
    writer.write(&batch).await?;
    let written = writer.finish().await?;
    let transaction = inbox_number.filter(|(name, number)| table.transaction(name).is_none_or(|last| last < *number));
    table.commit(written, CommitMode::ReplaceAll, transaction.into_iter().collect(), info).await?;
    Ok(())
}

/// Returns the number up to which the built tables contain an inbox's events; 0 before the first build with that inbox.
pub(super) async fn inbox_number(lake: &Lake, inbox: &str) -> Result<u64, BuildError> {
    let Some(table) = lake.table(TABLE).await? else { return Ok(0) };
    Ok(table.transaction(&inbox_transaction(inbox)).map_or(0, i64::unsigned_abs))
}

fn column<T>(batch: &RecordBatch, name: &str, downcast: impl FnOnce(&dyn Array) -> Option<T>) -> Result<T, BuildError> {
    let found = batch.column_by_name(name).and_then(|column| downcast(column.as_ref()));
    found.ok_or_else(|| BuildError::Damaged { table: TABLE.to_owned(), column: name.to_owned() })
}
