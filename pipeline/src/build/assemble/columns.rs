//! Typed access to the columns of built tables, and words by index.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, StringArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use futures::{StreamExt, pin_mut};
use zhihui_data::snapshot::{NO_TIME, NONE};

use crate::build::BuildError;
use crate::lake::{DataFile, Lake};

/// One batch of a built table.
pub(super) struct Rows<'a> {
    table: &'a str,
    batch: &'a RecordBatch,
}

impl Rows<'_> {
    /// Streams the named columns of `built/<table>` through `take`.
    pub(super) async fn each(
        lake: &Lake,
        table: &str,
        columns: &[&str],
        take: impl FnMut(&Rows<'_>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        Self::each_of(lake, table, columns, |_| true, take).await
    }

    /// The same for those data files that `is_wanted`.
    pub(super) async fn each_of(
        lake: &Lake,
        table: &str,
        columns: &[&str],
        is_wanted: impl Fn(&DataFile) -> bool,
        mut take: impl FnMut(&Rows<'_>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        let name = format!("built/{table}");
        let found = lake.table(&name).await?.ok_or_else(|| BuildError::NotBuilt(name.clone()))?;
        let schema = found.schema();
        if let Some(column) = columns.iter().find(|column| schema.index_of(column).is_err()) {
            return Err(BuildError::Outdated { table: name, column: (*column).to_owned() });
        }
        let files: Vec<DataFile> = found.files().into_iter().filter(is_wanted).collect();
        let batches = found.read(&files, columns).await?;
        pin_mut!(batches);
        while let Some(batch) = batches.next().await {
            take(&Rows { table, batch: &batch? })?;
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

    /// Instants in microseconds; missing ones are [`NO_TIME`].
    pub(super) fn micros(&self, name: &str) -> Result<impl Iterator<Item = i64> + '_, BuildError> {
        let micros = self.column(name, |column| column.as_primitive_opt::<TimestampMicrosecondType>())?;
        Ok(micros.iter().map(|micros| micros.unwrap_or(NO_TIME)))
    }

    /// Instants in seconds; missing ones are [`NO_TIME`].
    pub(super) fn seconds(&self, name: &str) -> Result<impl Iterator<Item = i64> + '_, BuildError> {
        let micros = self.column(name, |column| column.as_primitive_opt::<TimestampMicrosecondType>())?;
        Ok(micros.iter().map(|micros| micros.map_or(NO_TIME, |micros| micros.div_euclid(1_000_000))))
    }

    fn column<'b, T>(&'b self, name: &str, take: impl FnOnce(&'b ArrayRef) -> Option<T>) -> Result<T, BuildError> {
        self.batch
            .column_by_name(name)
            .and_then(take)
            .ok_or_else(|| BuildError::Damaged { table: format!("built/{}", self.table), column: name.to_owned() })
    }
}

/// The text of a row, `None` where it is missing.
pub(super) fn text_of(column: &StringArray, row: usize) -> Option<String> {
    column.is_valid(row).then(|| column.value(row).to_owned())
}

/// The texts of a row's list; `None` where the list is missing.
pub(super) fn texts_of(column: &ListArray, row: usize) -> Option<Vec<String>> {
    let values = column.is_valid(row).then(|| column.value(row))?;
    Some(values.as_string_opt::<i32>()?.iter().flatten().map(str::to_owned).collect())
}

/// A count or age; missing and negative ones are [`NONE`].
pub(super) fn count_of(column: &Int64Array, row: usize) -> u32 {
    if column.is_valid(row) { u32::try_from(column.value(row)).unwrap_or(NONE) } else { NONE }
}

/// Distinct words, sorted, with their indices.
pub(super) struct Vocabulary {
    words: Vec<String>,
    index: HashMap<String, u32>,
}

impl Vocabulary {
    pub(super) fn of(mut words: Vec<String>) -> Self {
        words.sort_unstable();
        words.dedup();
        let index = words.iter().enumerate().map(|(at, word)| (word.clone(), at as u32)).collect();
        Self { words, index }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The index of a word, [`NONE`] for an unknown one.
    pub(super) fn at(&self, word: &str) -> u32 {
        self.index.get(word).copied().unwrap_or(NONE)
    }

    /// The index of a word, [`NONE`] for a missing or unknown one.
    pub(super) fn maybe(&self, word: Option<&String>) -> u32 {
        word.map_or(NONE, |word| self.at(word))
    }

    /// The indices of the words that are known, ascending.
    pub(super) fn all(&self, words: &[String]) -> Vec<u32> {
        let mut known: Vec<u32> = words.iter().map(|word| self.at(word)).filter(|&at| at != NONE).collect();
        known.sort_unstable();
        known.dedup();
        known
    }

    pub(super) fn into_words(self) -> Vec<String> {
        self.words
    }
}
