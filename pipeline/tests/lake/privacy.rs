//! Commit logs contain no personal values.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use chrono::{DateTime, Duration};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use zhihui_data::Table;
use zhihui_pipeline::lake::raw::raw_spec;
use zhihui_pipeline::lake::{CommitMode, maintain};

use crate::support::{append, fresh, info, noon};

const CANARIES: [&str; 4] = ["oCANARYopenid", "uCANARYunionid", "MCANARY7", "CANARY words"];
/// 2 March 1987, in days since 1970; the log must not hold this day.
const BIRTH: i32 = 6269;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let columns = columns.into_iter().chain([("_batch", Arc::clone(&number)), ("_row", number)]);
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

/// Every file of every log as text, checkpoints decoded.
fn logs(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for table in ["members", "feedback"] {
        for entry in fs::read_dir(root.join("raw").join(table).join("_delta_log")).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let checkpoint = path.extension().is_some_and(|end| end == "parquet");
            let text = if checkpoint { decoded(bytes) } else { String::from_utf8(bytes).unwrap() };
            found.push((path.display().to_string(), text));
        }
    }
    found
}

fn decoded(bytes: Vec<u8>) -> String {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap().build().unwrap();
    let mut text = String::new();
    for batch in reader.map(Result::unwrap) {
        for column in batch.columns() {
            let formatter = ArrayFormatter::try_new(column, &FormatOptions::default()).unwrap();
            (0..batch.num_rows()).for_each(|row| text.push_str(&formatter.value(row).to_string()));
        }
    }
    text
}

#[tokio::test]
async fn logs_and_checkpoints_contain_no_personal_value() {
    let (folder, lake, _) = fresh(&[]).await;
    let mut members = lake.create(&raw_spec(Table::Members)).await.unwrap();
    let birth: ArrayRef = Arc::new(Date32Array::from(vec![BIRTH]));
    let row = batch(vec![
        ("member_id", text(CANARIES[2])),
        ("openid", text(CANARIES[0])),
        ("unionid", text(CANARIES[1])),
        ("birth_date", birth),
    ]);
    append(&mut members, &row, "sha256:1").await.unwrap();
    append(&mut members, &row, "sha256:2").await.unwrap();
    let mut feedback = lake.create(&raw_spec(Table::Feedback)).await.unwrap();
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1_000_000]).with_timezone("UTC"));
    let columns = vec![
        ("member_id", text(CANARIES[2])),
        ("openid", text(CANARIES[0])),
        ("at", at),
        ("text", text(CANARIES[3])),
        ("month", text("1970-01")),
    ];
    append(&mut feedback, &batch(columns), "sha256:3").await.unwrap();
    let remove = feedback.files();
    feedback.commit(Default::default(), CommitMode::Files { remove }, vec![], info(noon())).await.unwrap();
    let now = DateTime::from(std::time::SystemTime::now());
    maintain(&lake, now, Duration::days(7)).await.unwrap();
    let logs = logs(folder.path());
    assert!(logs.iter().any(|(name, _)| name.ends_with("checkpoint.parquet")), "one of the files is a checkpoint");
    assert!(logs.iter().any(|(_, plain)| plain.contains("1970-01-01T00:00:01")), "the log has bounds of times");
    for (name, plain) in &logs {
        for canary in CANARIES.iter().copied().chain(["1987-03-02", &folder.path().display().to_string()]) {
            assert!(!plain.contains(canary), "{name} contains {canary}");
        }
    }
}
