//! Maintenance changes files, never rows, and deletes only files that no version needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Duration, Utc};
use zhihui_data::Table;
use zhihui_pipeline::lake::raw::raw_spec;
use zhihui_pipeline::lake::{CommitMode, LakeError, maintain};

use crate::support::{TABLE, append, fresh, info, members_by_place, numbers, rows};

/// The clock of the file system. Files of a test are less than a minute older.
fn clock() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}

fn data_files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "parquet")
                && !path.to_string_lossy().contains("_delta_log")
            {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn small_files_are_merged_without_changing_rows() {
    let (folder, lake, mut table) = fresh(&["place"]).await;
    for batch in 0..6 {
        let batch_rows = rows(batch * 10..batch * 10 + 10, &["东 区", "west"]);
        append(&mut table, &batch_rows, &format!("f{batch}")).await.unwrap();
    }
    let before = members_by_place(&table).await;
    let report = maintain(&lake, clock(), Duration::days(7)).await.unwrap();
    assert_eq!((report.tables[0].files_before, report.tables[0].files_after), (12, 2));
    let table = lake.table(TABLE).await.unwrap().unwrap();
    assert_eq!(members_by_place(&table).await, before);
    assert_eq!(table.transaction("f3"), Some(1), "transactions are kept");
    assert_eq!(data_files(folder.path()).len(), 14, "readers of older versions keep their files");
    let again = maintain(&lake, clock(), Duration::days(7)).await.unwrap();
    assert_eq!((again.tables[0].files_before, again.tables[0].files_after), (2, 2));
    assert_eq!(lake.table(TABLE).await.unwrap().unwrap().version(), table.version());
}

#[tokio::test]
async fn files_that_no_version_names_are_deleted_after_the_retention() {
    let (folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..10, &["a"]), "f").await.unwrap();
    for _ in 0..3 {
        let mut writer = table.writer();
        writer.write(&rows(90..95, &["a"])).await.unwrap();
        drop(writer.finish().await.unwrap());
    }
    fs::write(folder.path().join(".staging/half-written"), b"PAR1").unwrap();
    let mut writer = table.writer();
    writer.write(&rows(10..20, &["a"])).await.unwrap();
    let written = writer.finish().await.unwrap();
    table.commit(written, CommitMode::ReplaceAll, vec![], info(clock())).await.unwrap();
    assert_eq!(data_files(folder.path()).len(), 5);
    let early = maintain(&lake, clock(), Duration::days(7)).await.unwrap();
    assert_eq!(early.tables[0].files_deleted, 0);
    let late = maintain(&lake, clock() + Duration::days(8), Duration::days(7)).await.unwrap();
    assert_eq!(late.tables[0].files_deleted, 4);
    assert_eq!(data_files(folder.path()).len(), 1);
    assert!(!folder.path().join(".staging/half-written").exists());
    assert_eq!(numbers(&lake.table(TABLE).await.unwrap().unwrap()).await, (10..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn maintenance_fails_while_another_process_writes() {
    let (folder, lake, _) = fresh(&[]).await;
    let _writer = lake.lock().await.unwrap();
    let other = crate::support::lake(folder.path()).await;
    assert!(matches!(maintain(&other, clock(), Duration::days(7)).await, Err(LakeError::Busy { .. })));
}

/// Rows of `raw/members`: member, district, `updated_at` in seconds, batch and row.
pub(crate) fn members(rows: &[(&str, &str, Option<i64>, i64, i64)]) -> RecordBatch {
    let member: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)));
    let district: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1)));
    let updated: TimestampMicrosecondArray = rows.iter().map(|row| row.2.map(|second| second * 1_000_000)).collect();
    let updated: ArrayRef = Arc::new(updated.with_timezone("UTC"));
    let batch: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.3)));
    let row: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.4)));
    let columns =
        [("member_id", member), ("home_district", district), ("updated_at", updated), ("_batch", batch), ("_row", row)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

#[tokio::test]
async fn superseded_rows_of_keyed_tables_are_removed_from_the_disk() {
    let (folder, lake, _) = fresh(&[]).await;
    let mut table = lake.create(&raw_spec(Table::Members)).await.unwrap();
    let rows = members(&[("1", "旧区", None, 1, 0), ("2", "东区", None, 1, 1), ("1", "新区", None, 2, 0)]);
    append(&mut table, &rows, "f").await.unwrap();
    let report = maintain(&lake, clock(), Duration::days(7)).await.unwrap();
    let members = report.tables.iter().find(|table| table.table == "raw/members").unwrap();
    assert_eq!(members.superseded_rows, 1);
    assert_eq!(lake.table("raw/members").await.unwrap().unwrap().rows(), 2);
    maintain(&lake, clock() + Duration::days(8), Duration::days(7)).await.unwrap();
    for file in data_files(&folder.path().join("raw/members")) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|part| part == "旧区".as_bytes()), "{}", file.display());
    }
    let reopened = crate::support::lake(folder.path()).await;
    assert_eq!(reopened.table("raw/members").await.unwrap().unwrap().transaction("f"), Some(1));
}
