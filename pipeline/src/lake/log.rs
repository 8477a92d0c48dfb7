//! Checks that a table's commit log is complete before Delta's reader uses it.
//!
//! Delta's reader accepts an empty newest commit, so that rows would be missing without an error.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use serde_json::Value;
use std::sync::Arc;

use super::LakeError;
use super::source::StoredParquet;

/// Key in the commit's info for the number of actions, which detects a file that is cut at the end of a line.
pub(super) const ACTIONS: &str = "zhihuiActions";
/// Key in the commit's info for the random id of the attempt that wrote it.
pub(super) const ATTEMPT: &str = "zhihuiAttempt";

/// The content of a complete log.
#[derive(Debug, Default)]
pub(super) struct LogState {
    /// The newest version.
    pub(super) newest: i64,
    /// The latest committed number of each application transaction.
    pub(super) transactions: BTreeMap<String, i64>,
}

/// One commit.
#[derive(Debug, Default)]
pub(super) struct Commit {
    /// Its application transactions.
    pub(super) transactions: Vec<(String, i64)>,
    /// The id of the attempt, if this program wrote it.
    pub(super) attempt: Option<String>,
}

/// Reads the log of a table; `None` if the table does not exist.
pub(super) async fn read(store: &Arc<dyn ObjectStore>, table: &str) -> Result<Option<LogState>, LakeError> {
    let (mut commits, mut checkpoints) = (BTreeMap::new(), BTreeMap::new());
    let folder = Path::from(format!("{table}/_delta_log"));
    let mut listing = store.list(Some(&folder));
    while let Some(entry) = listing.next().await {
        let entry = match entry {
            Err(Error::NotFound { .. }) => break,
            other => other.map_err(|source| failed(table, source))?,
        };
        match entry.location.filename().and_then(version_of) {
            Some((version, Kind::Commit)) => commits.insert(version, entry.size),
            Some((version, Kind::Checkpoint)) if entry.size > 0 => checkpoints.insert(version, entry.size),
            _ => continue,
        };
    }
    let checkpoint = checkpoints.last_key_value().map(|(&version, &size)| (version, size));
    let Some(newest) = commits.keys().last().copied().max(checkpoint.map(|(version, _)| version)) else {
        return Ok(None);
    };
    let mut state = LogState { newest, transactions: BTreeMap::new() };
    if let Some((version, size)) = checkpoint {
        state.transactions = checkpoint_transactions(store, table, version, size).await?;
    }
    let first_commit = checkpoint.map_or(0, |(version, _)| version + 1);
    if let Some(missing) = (first_commit..=newest).find(|version| !commits.contains_key(version)) {
        return Err(torn(table, missing, "is missing".to_owned()));
    }
    let first_read =
        checkpoint.filter(|(version, _)| commits.contains_key(version)).map_or(first_commit, |(version, _)| version);
    let reads = (first_read..=newest).map(|version| read_commit(store, table, version));
    let found: Vec<Option<Commit>> = futures::stream::iter(reads).buffered(8).try_collect().await?;
    for (commit, version) in found.into_iter().zip(first_read..) {
        let commit = commit.ok_or_else(|| torn(table, version, "is missing".to_owned()))?;
        state.transactions.extend(commit.transactions);
    }
    Ok(Some(state))
}

/// Reads one commit; `None` if the version does not exist.
pub(super) async fn read_commit(
    store: &Arc<dyn ObjectStore>,
    table: &str,
    version: i64,
) -> Result<Option<Commit>, LakeError> {
    let bytes = match store.get(&Path::from(commit_path(table, version))).await {
        Ok(found) => found.bytes().await.map_err(|source| failed(table, source))?,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(source) => return Err(failed(table, source)),
    };
    parse_commit(&bytes).map(Some).map_err(|why| torn(table, version, why))
}

fn parse_commit(bytes: &[u8]) -> Result<Commit, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not text".to_owned())?;
    let (mut commit, mut actions, mut expected) = (Commit::default(), 0_u64, None);
    for (number, line) in text.lines().enumerate() {
        let action: Value = serde_json::from_str(line).map_err(|_| format!("ends in line {}", number + 1))?;
        actions += 1;
        if let Some(info) = action.get("commitInfo") {
            expected = info[ACTIONS].as_u64();
            commit.attempt = info[ATTEMPT].as_str().map(str::to_owned);
        }
        if let Some(done) = action.get("txn") {
            let app_id = done["appId"].as_str().map(str::to_owned);
            commit.transactions.extend(app_id.zip(done["version"].as_i64()));
        }
    }
    match expected {
        _ if actions == 0 => Err("is empty".to_owned()),
        Some(expected) if expected != actions => Err(format!("has {actions} of its {expected} lines")),
        _ => Ok(commit),
    }
}

async fn checkpoint_transactions(
    store: &Arc<dyn ObjectStore>,
    table: &str,
    version: i64,
    size: u64,
) -> Result<BTreeMap<String, i64>, LakeError> {
    let file = checkpoint_path(table, version);
    let torn_checkpoint = |error: String| LakeError::TornCommit {
        table: table.to_owned(),
        file: file.clone(),
        version,
        why: format!("is not a complete checkpoint ({error})"),
    };
    let reader = StoredParquet::new(store, Path::from(file.as_str()), size);
    let builder =
        ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|error| torn_checkpoint(error.to_string()))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["txn"]);
    let mut batches = builder.with_projection(mask).build().map_err(|error| torn_checkpoint(error.to_string()))?;
    let mut found = BTreeMap::new();
    while let Some(batch) = batches.try_next().await.map_err(|error| torn_checkpoint(error.to_string()))? {
        let Some(done) = batch.column_by_name("txn").and_then(|column| column.as_struct_opt()) else { continue };
        let columns = done.column_by_name("appId").zip(done.column_by_name("version"));
        let Some((app_ids, versions)) = columns else { continue };
        let Some(versions) = versions.as_primitive_opt::<Int64Type>() else { continue };
        let Some(app_ids) = app_ids.as_string_opt::<i32>() else { continue };
        for row in (0..done.len()).filter(|&row| done.is_valid(row)) {
            found.insert(app_ids.value(row).to_owned(), versions.value(row));
        }
    }
    Ok(found)
}

enum Kind {
    Commit,
    Checkpoint,
}

fn version_of(file_name: &str) -> Option<(i64, Kind)> {
    let (digits, rest) = file_name.split_at_checked(20)?;
    let kind = match rest {
        ".json" => Kind::Commit,
        ".checkpoint.parquet" => Kind::Checkpoint,
        _ => return None,
    };
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
        .map(|version| (version, kind))
}

pub(super) fn commit_path(table: &str, version: i64) -> String {
    format!("{table}/_delta_log/{version:020}.json")
}

fn checkpoint_path(table: &str, version: i64) -> String {
    format!("{table}/_delta_log/{version:020}.checkpoint.parquet")
}

fn torn(table: &str, version: i64, why: String) -> LakeError {
    LakeError::TornCommit { table: table.to_owned(), file: commit_path(table, version), version, why }
}

fn failed(table: &str, source: Error) -> LakeError {
    LakeError::Store { table: table.to_owned(), what: "reading the log", source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_is_cut_at_any_byte_is_an_error() {
        let info = format!(r#"{{"commitInfo":{{"{ACTIONS}":3,"{ATTEMPT}":"a"}}}}"#);
        let complete = format!("{info}\n{{\"txn\":{{\"appId\":\"文件\",\"version\":7}}}}\n{{\"add\":{{}}}}");
        let commit = parse_commit(complete.as_bytes()).expect("complete");
        assert_eq!(commit.transactions, vec![("文件".to_owned(), 7)]);
        for cut in 0..complete.len() {
            assert!(parse_commit(&complete.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
    }
}
