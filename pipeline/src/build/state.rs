//! What the last build left: the fingerprint and rows of every table, kept in the lake beside the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::{StreamExt, pin_mut};

use super::BuildError;
use crate::ingest::inbox_transaction;
use crate::lake::{CommitInfo, CommitMode, Lake, TableSpec};

pub(super) const TABLE: &str = "built/build_state";

/// What is remembered of one table, or of one month of interactions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// Fingerprint of what it was made from.
    pub(super) fingerprint: String,
    /// Rows that it had.
    pub(super) rows: i64,
    /// Fingerprint of who owned which openid, where that mattered.
    pub(super) actors: String,
    /// Rows left out because their openid belonged to nobody known.
    pub(super) unresolved: i64,
}

/// Memories by table.
pub(super) type State = BTreeMap<String, Memory>;

pub(super) async fn load(lake: &Lake) -> Result<State, BuildError> {
    let mut state = State::new();
    let Some(table) = lake.table(TABLE).await? else { return Ok(state) };
    let (expected, found) = (schema(), table.schema());
    let is_there = |field: &Arc<Field>| {
        found.field_with_name(field.name()).is_ok_and(|found| found.data_type() == field.data_type())
    };
    if !expected.fields().iter().all(is_there) {
        // Another release remembered other things: every table is made anew.
        return Ok(state);
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
            let memory = Memory {
                fingerprint: fingerprints.value(row).to_owned(),
                rows: rows.value(row),
                actors: actors.value(row).to_owned(),
                unresolved: unresolved.value(row),
            };
            state.insert(tables.value(row).to_owned(), memory);
        }
    }
    Ok(state)
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    let fields = vec![text("table"), text("fingerprint"), number("rows"), text("actors"), number("unresolved")];
    Arc::new(Schema::new(fields))
}

/// Replaces what is remembered. It is saved after the tables: a build that dies in between finds fingerprints that do not
/// fit and makes those tables again.
///
/// `taken` is the transaction that says how far the tables hold an inbox's events.
pub(super) async fn save(
    lake: &Lake,
    state: &State,
    taken: Option<(String, i64)>,
    info: CommitInfo,
) -> Result<(), BuildError> {
    let schema = schema();
    let spec = TableSpec {
        name: TABLE.to_owned(),
        schema: Arc::clone(&schema),
        partition_by: Vec::new(),
        statistics: Vec::new(),
    };
    let strings = |of: &dyn Fn((&String, &Memory)) -> String| -> ArrayRef {
        Arc::new(StringArray::from(state.iter().map(of).collect::<Vec<_>>()))
    };
    let columns: Vec<ArrayRef> = vec![
        strings(&|(name, _)| name.clone()),
        strings(&|(_, memory)| memory.fingerprint.clone()),
        Arc::new(Int64Array::from_iter_values(state.values().map(|memory| memory.rows))),
        strings(&|(_, memory)| memory.actors.clone()),
        Arc::new(Int64Array::from_iter_values(state.values().map(|memory| memory.unresolved))),
    ];
    let batch = RecordBatch::try_new(schema, columns).map_err(|error| BuildError::query(TABLE)(error.into()))?;
    let mut table = lake.create_derived(&spec).await?;
    let mut writer = table.writer();
    writer.write(&batch).await?;
    let written = writer.finish().await?;
    let news = taken.filter(|(name, number)| table.transaction(name).is_none_or(|before| before < *number));
    table.commit(written, CommitMode::ReplaceAll, news.into_iter().collect(), info).await?;
    Ok(())
}

/// Up to which number of an inbox the built tables hold its events; 0 before the first build that did.
pub(super) async fn taken(lake: &Lake, inbox: &str) -> Result<u64, BuildError> {
    let Some(table) = lake.table(TABLE).await? else { return Ok(0) };
    Ok(table.transaction(&inbox_transaction(inbox)).map_or(0, i64::unsigned_abs))
}

fn column<T>(batch: &RecordBatch, name: &str, take: impl FnOnce(&dyn Array) -> Option<T>) -> Result<T, BuildError> {
    let found = batch.column_by_name(name).and_then(|column| take(column.as_ref()));
    found.ok_or_else(|| BuildError::Damaged { table: TABLE.to_owned(), column: name.to_owned() })
}
