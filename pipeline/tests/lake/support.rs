//! A small table with its rows, and temporary lakes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use tempfile::TempDir;
use zhihui_pipeline::lake::raw::instant_type;
use zhihui_pipeline::lake::{CommitInfo, CommitMode, Lake, LakeError, LakeLocation, LakeTable, TableSpec};

pub(crate) const TABLE: &str = "built/visits";

pub(crate) fn spec(partition_by: &[&str]) -> TableSpec {
    let fields = vec![
        Field::new("at", instant_type(), true),
        Field::new("number", DataType::Int64, true),
        Field::new("member", DataType::Utf8, true),
        Field::new("place", DataType::Utf8, true),
    ];
    TableSpec {
        name: TABLE.to_owned(),
        schema: Arc::new(Schema::new(fields)),
        partition_by: partition_by.iter().map(|&name| name.to_owned()).collect(),
        statistics: vec!["at".to_owned(), "number".to_owned()],
    }
}

/// One row per number; the places take turns.
pub(crate) fn rows(numbers: impl IntoIterator<Item = i64>, places: &[&str]) -> RecordBatch {
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let turn = |number: i64| places[usize::try_from(number).unwrap() % places.len()];
    let at: ArrayRef = Arc::new(
        TimestampMicrosecondArray::from_iter_values(numbers.iter().map(|n| n * 60_000_000)).with_timezone("UTC"),
    );
    let member: ArrayRef = Arc::new(StringArray::from_iter_values(numbers.iter().map(|n| format!("会员{n}"))));
    let place: ArrayRef = Arc::new(StringArray::from_iter_values(numbers.iter().map(|&n| turn(n))));
    let number: ArrayRef = Arc::new(Int64Array::from(numbers));
    RecordBatch::try_from_iter([("number", number), ("at", at), ("member", member), ("place", place)]).unwrap()
}

pub(crate) fn info(at: DateTime<Utc>) -> CommitInfo {
    CommitInfo { operation: "test".to_owned(), run_id: "run-1".to_owned(), at }
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-11-22T04:00:00Z".parse().unwrap()
}

pub(crate) async fn lake(root: &Path) -> Lake {
    Lake::open(&LakeLocation::Local(root.to_owned())).await.unwrap()
}

pub(crate) async fn fresh(partition_by: &[&str]) -> (TempDir, Lake, LakeTable) {
    let folder = TempDir::new().unwrap();
    let lake = lake(folder.path()).await;
    let table = lake.create(&spec(partition_by)).await.unwrap();
    (folder, lake, table)
}

/// Writes and commits one batch under one application transaction.
pub(crate) async fn append(table: &mut LakeTable, batch: &RecordBatch, app_id: &str) -> Result<i64, LakeError> {
    let mut writer = table.writer();
    writer.write(batch).await?;
    let written = writer.finish().await?;
    table.commit(written, CommitMode::Append, vec![(app_id.to_owned(), 1)], info(noon())).await
}

/// The numbers in a table, sorted.
pub(crate) async fn numbers(table: &LakeTable) -> Vec<i64> {
    let batches: Vec<RecordBatch> = table.read(&table.files(), &["number"]).await.unwrap().try_collect().await.unwrap();
    let mut found: Vec<i64> =
        batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    found.sort_unstable();
    found
}

/// Members by place.
pub(crate) async fn members_by_place(table: &LakeTable) -> BTreeMap<String, Vec<String>> {
    let batches: Vec<RecordBatch> =
        table.read(&table.files(), &["place", "member"]).await.unwrap().try_collect().await.unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for batch in &batches {
        let (places, members) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for row in 0..places.len() {
            found.entry(places.value(row).to_owned()).or_default().push(members.value(row).to_owned());
        }
    }
    found.values_mut().for_each(|members| members.sort());
    found
}

/// The commit file of a version.
pub(crate) fn commit_file(root: &Path, version: i64) -> std::path::PathBuf {
    root.join(TABLE).join("_delta_log").join(format!("{version:020}.json"))
}
