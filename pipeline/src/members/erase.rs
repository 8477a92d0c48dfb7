//! Erases members from all tables by rewriting the files that contain their rows.

use arrow::compute::{filter_record_batch, not};
use futures::TryStreamExt;
use serde::Serialize;

use super::Person;
use super::member_matcher::MemberMatcher;
use crate::lake::{CommitInfo, CommitMode, DataFile, Lake, LakeError, LakeTable};

/// Number of rows erased from a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasedRows {
    /// The table.
    pub table: String,
    /// Number of erased rows.
    pub rows: u64,
}

/// Removes all rows about these people, in one commit per table, and returns the numbers of rows.
///
/// A row about somebody else with one of their openids is kept without the openid. The caller holds the lake lock.
///
/// The old files remain on disk until maintenance deletes them. The next build recomputes the changed built tables.
///
/// # Errors
/// Stops at the first table that fails. Earlier tables stay changed; call again to erase the rest.
pub async fn erase(lake: &Lake, people: &[Person], info: &CommitInfo) -> Result<Vec<ErasedRows>, LakeError> {
    let matcher = MemberMatcher::new(people);
    let mut erased = Vec::new();
    if people.is_empty() {
        return Ok(erased);
    }
    for name in lake.tables().await? {
        let Some(mut table) = lake.table(&name).await? else { continue };
        let rows = erase_from(&mut table, &matcher, info).await?;
        if rows > 0 {
            erased.push(ErasedRows { table: name, rows });
        }
    }
    Ok(erased)
}

async fn erase_from(table: &mut LakeTable, matcher: &MemberMatcher, info: &CommitInfo) -> Result<u64, LakeError> {
    let columns = MemberMatcher::columns(table.name(), &table.schema());
    if columns.is_empty() {
        return Ok(0);
    }
    let mut affected = Vec::new();
    for file in table.files() {
        if is_affected(table, &file, &columns, matcher).await? {
            affected.push(file);
        }
    }
    if affected.is_empty() {
        return Ok(0);
    }
    let (mut writer, mut erased) = (table.writer(), 0);
    let mut batches = std::pin::pin!(table.read(&affected, &[]).await?);
    while let Some(batch) = batches.try_next().await? {
        let is_about_them = matcher.rows(&batch);
        erased += is_about_them.true_count() as u64;
        let kept = not(&is_about_them)
            .and_then(|kept| filter_record_batch(&batch, &kept))
            .map_err(|error| rows_error(table, &error))?;
        let kept = matcher.without_openids(&kept).map_err(|error| rows_error(table, &error))?.unwrap_or(kept);
        if kept.num_rows() > 0 {
            writer.write(&kept).await?;
        }
    }
    let written = writer.finish().await?;
    table.commit(written, CommitMode::Files { remove: affected }, Vec::new(), info.clone()).await?;
    Ok(erased)
}

async fn is_affected(
    table: &LakeTable,
    file: &DataFile,
    columns: &[&str],
    matcher: &MemberMatcher,
) -> Result<bool, LakeError> {
    let mut batches = std::pin::pin!(table.read(std::slice::from_ref(file), columns).await?);
    while let Some(batch) = batches.try_next().await? {
        if matcher.rows(&batch).true_count() > 0
            || matcher.without_openids(&batch).map_err(|error| rows_error(table, &error))?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn rows_error(table: &LakeTable, error: &arrow::error::ArrowError) -> LakeError {
    LakeError::Rows { table: table.name().to_owned(), detail: error.to_string() }
}
