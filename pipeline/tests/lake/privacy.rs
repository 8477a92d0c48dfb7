//! No personal value ever reaches a commit log.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Duration};
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

/// Every file of every log, checkpoints included.
fn logs(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for table in ["members", "feedback"] {
        for entry in fs::read_dir(root.join("raw").join(table).join("_delta_log")).unwrap() {
            let path = entry.unwrap().path();
            found.push((path.display().to_string(), fs::read(path).unwrap()));
        }
    }
    found
}

#[tokio::test]
async fn logs_and_checkpoints_hold_no_personal_value() {
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
    let words = vec![
        ("member_id", text(CANARIES[2])),
        ("openid", text(CANARIES[0])),
        ("at", at),
        ("text", text(CANARIES[3])),
        ("month", text("1970-01")),
    ];
    append(&mut feedback, &batch(words), "sha256:3").await.unwrap();
    let remove = feedback.files();
    feedback.commit(Default::default(), CommitMode::Files { remove }, vec![], info(noon())).await.unwrap();
    let now = DateTime::from(std::time::SystemTime::now());
    maintain(&lake, now, Duration::days(7)).await.unwrap();
    let logs = logs(folder.path());
    assert!(logs.iter().any(|(name, _)| name.ends_with("checkpoint.parquet")), "a checkpoint is among them");
    for (name, bytes) in &logs {
        let plain = String::from_utf8_lossy(bytes);
        for canary in CANARIES.iter().copied().chain(["1987-03-02", &folder.path().display().to_string()]) {
            assert!(!plain.contains(canary), "{name} holds {canary}");
        }
        if name.ends_with(".json") {
            assert!(!plain.contains("\"birth_date\":") || plain.contains("schemaString"), "{name} names bounds");
        }
    }
}
