//! Registers the raw contract tables for the build: rows before `as_of`, and the current row of each key.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use zhihui_data::Table;
use zhihui_data::tables::Identity;

use super::execution::collect;
use super::fingerprint::Fingerprint;
use super::session::{Parameters, scan_in};
use super::{BuildError, staged_query};
use crate::lake::raw::{raw_schema, raw_spec};
use crate::lake::{DataFile, Lake, LakeTable};
use crate::sql::{self, LakeScan};

/// The raw tables, each at one version. Tables that were never ingested are missing.
#[derive(Debug)]
pub(super) struct Inputs(BTreeMap<Table, LakeTable>);

impl Inputs {
    pub(super) async fn open(lake: &Lake) -> Result<Self, BuildError> {
        let mut tables = BTreeMap::new();
        for &table in Table::ALL {
            if let Some(found) = lake.table_of(&raw_spec(table)).await? {
                tables.insert(table, found);
            }
        }
        Ok(Self(tables))
    }

    /// Returns the files of a table; none if it was never ingested.
    pub(super) fn files(&self, table: Table) -> Vec<DataFile> {
        self.0.get(&table).map(LakeTable::files).unwrap_or_default()
    }

    /// Registers `files` of a table under `name`, with the columns that ingest adds.
    pub(super) fn register_files(
        &self,
        session: &SessionContext,
        name: &str,
        table: Table,
        files: Vec<DataFile>,
    ) -> Result<(), BuildError> {
        let query_error = || BuildError::query(table.name());
        session.deregister_table(name).map_err(query_error())?;
        let registered = match self.0.get(&table) {
            Some(found) => {
                let scan = scan_in(session, LakeScan::new(found).with_files(files));
                session.register_table(name, Arc::new(scan))
            }
            None => {
                let empty = MemTable::try_new(raw_schema(table), vec![Vec::new()]).map_err(query_error())?;
                session.register_table(name, Arc::new(empty))
            }
        };
        registered.map(|_| ()).map_err(query_error())
    }

    /// Registers the current rows of a keyed table under its contract name and returns their fingerprint.
    pub(super) async fn register_current(
        &self,
        session: &SessionContext,
        table: Table,
        as_of: DateTime<Utc>,
    ) -> Result<Fingerprint, BuildError> {
        let files = self.files(table);
        let fingerprint = Fingerprint::default().with_files(&files);
        self.register_partition(session, table, files, as_of).await?;
        let visible = sql::count_visible(table, Some(as_of));
        let visible = count(session, &visible, &Parameters::new(), table.name()).await?;
        Ok(fingerprint.with(visible.to_le_bytes()))
    }

    /// Registers the rows in `files` under the contract name: all rows of an event table, which its queries filter, or the
    /// current rows of a keyed table, whose files become `raw_<name>`.
    ///
    /// Returns the name under which all rows of the files are registered.
    pub(super) async fn register_partition(
        &self,
        session: &SessionContext,
        table: Table,
        files: Vec<DataFile>,
        as_of: DateTime<Utc>,
    ) -> Result<String, BuildError> {
        let name = table.name();
        if !matches!(table.identity(), Identity::Key(_)) {
            self.register_files(session, name, table, files)?;
            return Ok(name.to_owned());
        }
        let raw = format!("raw_{table}");
        self.register_files(session, &raw, table, files)?;
        session.deregister_table(name).map_err(BuildError::query(name))?;
        let current = sql::current_rows(table, &sql::stored_columns(table), Some(as_of));
        let view = staged_query::plan(session, &current, &Parameters::new(), name).await?.into_view();
        session.register_table(name, view).map_err(BuildError::query(name))?;
        Ok(raw)
    }
}

/// Counts the rows in `files` before `as_of` by the column `time`. Reads the files only if some may have later rows. The files
/// must be registered as `name`.
pub(super) async fn visible_rows(
    session: &SessionContext,
    files: &[DataFile],
    name: &str,
    time: &str,
    as_of: DateTime<Utc>,
    parameters: &Parameters,
) -> Result<i64, BuildError> {
    let cut = as_of.timestamp_micros();
    let all_visible = files.iter().all(|file| file.time_range.is_some_and(|(_, latest)| latest < cut));
    if all_visible {
        return Ok(files.iter().map(|file| file.rows as i64).sum());
    }
    count(session, &format!("select count(*) from {name} where {time} < $as_of"), parameters, name).await
}

/// Runs a query and returns its only number, 0 without rows.
pub(super) async fn count(
    session: &SessionContext,
    sql: &str,
    parameters: &Parameters,
    table: &str,
) -> Result<i64, BuildError> {
    Ok(counts(session, sql, parameters, table).await?.first().copied().unwrap_or_default())
}

/// Runs a query and returns the numbers in its first row.
pub(super) async fn counts(
    session: &SessionContext,
    sql: &str,
    parameters: &Parameters,
    table: &str,
) -> Result<Vec<i64>, BuildError> {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    let batches = collect(staged_query::plan(session, sql, parameters, table).await?, table).await?;
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(Vec::new()) };
    let number =
        |column: &arrow::array::ArrayRef| column.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(0));
    Ok(batch.columns().iter().map(|column| number(column).unwrap_or_default()).collect())
}
