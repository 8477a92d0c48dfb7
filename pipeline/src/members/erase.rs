//! Takes members out of every table: files that hold a row of theirs are written anew without it.

use arrow::compute::{filter_record_batch, not};
use futures::TryStreamExt;
use serde::Serialize;

use super::Person;
use super::matching::Matching;
use crate::lake::{CommitInfo, CommitMode, DataFile, Lake, LakeError, LakeTable};

/// Rows that left one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasedRows {
    /// The table.
    pub table: String,
    /// Rows that told of the people.
    pub rows: u64,
}

/// Removes every row of these people from every table, one commit a table, and says how many there were.
///
/// A row of somebody else that carries one of their openids stays without it. The caller holds the lake's lock.
///
/// The files that held them stay on the disk until `maintain` deletes what no version names. Built tables are made anew by
/// the next build, because they no longer are what it remembers.
///
/// # Errors
/// The first table that fails ends it; those before it are done, and the same call again does the rest.
pub async fn erase(lake: &Lake, people: &[Person], info: &CommitInfo) -> Result<Vec<ErasedRows>, LakeError> {
    let matching = Matching::new(people);
    let mut erased = Vec::new();
    if people.is_empty() {
        return Ok(erased);
    }
    for name in lake.tables().await? {
        let Some(mut table) = lake.table(&name).await? else { continue };
        let rows = erase_from(&mut table, &matching, info).await?;
        if rows > 0 {
            erased.push(ErasedRows { table: name, rows });
        }
    }
    Ok(erased)
}

async fn erase_from(table: &mut LakeTable, matching: &Matching, info: &CommitInfo) -> Result<u64, LakeError> {
    let columns = Matching::columns(table.name(), &table.schema());
    if columns.is_empty() {
        return Ok(0);
    }
    let mut touched = Vec::new();
    for file in table.files() {
        if holds(table, &file, &columns, matching).await? {
            touched.push(file);
        }
    }
    if touched.is_empty() {
        return Ok(0);
    }
    let (mut writer, mut erased) = (table.writer(), 0);
    let mut batches = std::pin::pin!(table.read(&touched, &[]).await?);
    while let Some(batch) = batches.try_next().await? {
        let told = matching.rows(&batch);
        erased += told.true_count() as u64;
        let kept =
            not(&told).and_then(|kept| filter_record_batch(&batch, &kept)).map_err(|error| misfit(table, &error))?;
        let kept = matching.without_openids(&kept).map_err(|error| misfit(table, &error))?.unwrap_or(kept);
        if kept.num_rows() > 0 {
            writer.write(&kept).await?;
        }
    }
    let written = writer.finish().await?;
    table.commit(written, CommitMode::Files { remove: touched }, Vec::new(), info.clone()).await?;
    Ok(erased)
}

async fn holds(table: &LakeTable, file: &DataFile, columns: &[&str], matching: &Matching) -> Result<bool, LakeError> {
    let mut batches = std::pin::pin!(table.read(std::slice::from_ref(file), columns).await?);
    while let Some(batch) = batches.try_next().await? {
        if matching.rows(&batch).true_count() > 0
            || matching.without_openids(&batch).map_err(|error| misfit(table, &error))?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn misfit(table: &LakeTable, error: &arrow::error::ArrowError) -> LakeError {
    LakeError::Rows { table: table.name().to_owned(), detail: error.to_string() }
}
