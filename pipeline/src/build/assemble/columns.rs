//! Typed access to the columns of built tables.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, StringArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use futures::{StreamExt, pin_mut};
use zhihui_data::snapshot::{NO_TIME, NONE};

use crate::build::BuildError;
use crate::lake::{DataFile, Lake, LakeTable};

/// One batch of a built table.
pub(super) struct Rows<'a> {
    table: &'a str,
    batch: &'a RecordBatch,
}

impl Rows<'_> {
    /// Calls `visit` for each batch of `built/<table>` with the named columns.
    pub(super) async fn each(
        lake: &Lake,
        table: &str,
        columns: &[&str],
        visit: impl FnMut(&Rows<'_>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        Self::each_of(lake, table, columns, |_| true, visit).await
    }

    /// Like [`Self::each`], for the data files for which `is_wanted` returns true.
    pub(super) async fn each_of(
        lake: &Lake,
        table: &str,
        columns: &[&str],
        is_wanted: impl Fn(&DataFile) -> bool,
        visit: impl FnMut(&Rows<'_>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        let found = Self::table(lake, table).await?;
        Self::each_of_files(&found, columns, is_wanted, visit).await
    }

    /// Opens `built/<table>`.
    pub(super) async fn table(lake: &Lake, table: &str) -> Result<LakeTable, BuildError> {
        let name = format!("built/{table}");
        lake.table(&name).await?.ok_or(BuildError::NotBuilt(name))
    }

    /// Like [`Self::each`], for an opened table, which gives the same rows each time.
    pub(super) async fn each_in(
        table: &LakeTable,
        columns: &[&str],
        visit: impl FnMut(&Rows<'_>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        Self::each_of_files(table, columns, |_| true, visit).await
    }

    async fn each_of_files(
        table: &LakeTable,
        columns: &[&str],
        is_wanted: impl Fn(&DataFile) -> bool,
        mut visit: impl FnMut(&Rows<'_>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        let schema = table.schema();
        if let Some(column) = columns.iter().find(|column| schema.index_of(column).is_err()) {
            return Err(BuildError::Outdated { table: table.name().to_owned(), column: (*column).to_owned() });
        }
        let files: Vec<DataFile> = table.files().into_iter().filter(is_wanted).collect();
        let batches = table.read(&files, columns).await?;
        pin_mut!(batches);
        while let Some(batch) = batches.next().await {
            visit(&Rows { table: table.name(), batch: &batch? })?;
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.batch.num_rows()
    }

    pub(super) fn text(&self, name: &str) -> Result<&StringArray, BuildError> {
        self.column(name, |column| column.as_string_opt::<i32>())
    }

    pub(super) fn number(&self, name: &str) -> Result<&Int64Array, BuildError> {
        self.column(name, |column| column.as_primitive_opt::<Int64Type>())
    }

    pub(super) fn real(&self, name: &str) -> Result<&Float64Array, BuildError> {
        self.column(name, |column| column.as_primitive_opt::<Float64Type>())
    }

    pub(super) fn flag(&self, name: &str) -> Result<&BooleanArray, BuildError> {
        self.column(name, |column| column.as_boolean_opt())
    }

    pub(super) fn list(&self, name: &str) -> Result<&ListArray, BuildError> {
        self.column(name, |column| column.as_list_opt::<i32>())
    }

    /// Instants in microseconds; missing values are [`NO_TIME`].
    pub(super) fn micros(&self, name: &str) -> Result<impl Iterator<Item = i64> + '_, BuildError> {
        let micros = self.column(name, |column| column.as_primitive_opt::<TimestampMicrosecondType>())?;
        Ok(micros.iter().map(|micros| micros.unwrap_or(NO_TIME)))
    }

    /// Instants in seconds; missing values are [`NO_TIME`].
    pub(super) fn seconds(&self, name: &str) -> Result<impl Iterator<Item = i64> + '_, BuildError> {
        let micros = self.column(name, |column| column.as_primitive_opt::<TimestampMicrosecondType>())?;
        Ok(micros.iter().map(|micros| micros.map_or(NO_TIME, |micros| micros.div_euclid(1_000_000))))
    }

    fn column<'b, T>(&'b self, name: &str, downcast: impl FnOnce(&'b ArrayRef) -> Option<T>) -> Result<T, BuildError> {
        self.batch
            .column_by_name(name)
            .and_then(downcast)
            .ok_or_else(|| BuildError::Damaged { table: self.table.to_owned(), column: name.to_owned() })
    }
}

/// The text of a row; `None` if it is missing.
pub(super) fn text_of(column: &StringArray, row: usize) -> Option<String> {
    column.is_valid(row).then(|| column.value(row).to_owned())
}

/// The texts of a row's list; `None` if the list is missing.
pub(super) fn texts_of(column: &ListArray, row: usize) -> Option<Vec<String>> {
    let values = column.is_valid(row).then(|| column.value(row))?;
    Some(values.as_string_opt::<i32>()?.iter().flatten().map(str::to_owned).collect())
}

/// A count or age; [`NONE`] if it is missing or negative.
pub(super) fn count_of(column: &Int64Array, row: usize) -> u32 {
    if column.is_valid(row) { u32::try_from(column.value(row)).unwrap_or(NONE) } else { NONE }
}
