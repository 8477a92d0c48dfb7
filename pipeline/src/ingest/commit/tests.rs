//! Tests how often staged rows are read for a commit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use zhihui_data::{ErasedIds, Table, Zone};

use super::super::Counts;
use super::super::decode::{StagedFile, empty_report};
use super::super::sink::DecodedRows;
use super::super::stage::{MemoryBudget, Stage};
use super::*;
use crate::lake::{Lake, LakeLocation};

const ROWS: i64 = 600;

/// Reads of which every third one repeats the event id of the previous one, a year later.
fn reads() -> RecordBatch {
    let text =
        |of: &dyn Fn(i64) -> String| -> ArrayRef { Arc::new((0..ROWS).map(|n| Some(of(n))).collect::<StringArray>()) };
    let second = |n: i64| 1_700_000_000 + n * 1_000 + if n % 3 == 2 { 365 * 86_400 } else { 0 };
    let times: TimestampMicrosecondArray = (0..ROWS).map(|n| Some(second(n) * 1_000_000)).collect();
    RecordBatch::try_from_iter([
        ("event_id", text(&|n| format!("e{}", if n % 3 == 2 { n - 1 } else { n }))),
        ("member_id", text(&|n| format!("m{n}"))),
        ("article_id", text(&|n| format!("a{}", n % 7))),
        ("read_at", Arc::new(times.with_timezone("UTC")) as ArrayRef),
    ])
    .expect("a batch")
}

async fn committed(commit_rows: u64) -> (usize, Counts, i64) {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = Lake::open(&LakeLocation::Local(folder.path().join("lake"))).await.expect("a lake");
    let mut stage = Stage::new(&MemoryBudget::new(usize::MAX / 2, folder.path()));
    let batch = reads();
    for at in (0..ROWS as usize).step_by(50) {
        stage.push(batch.slice(at, 50)).expect("staged");
    }
    let decoded_rows =
        DecodedRows { stage, rows: ROWS as u64, reasons: BTreeMap::new(), unknown: Vec::new(), notes: Vec::new() };
    let staged = StagedFile { table: Table::Reads, transaction: ("file:x".to_owned(), 1), decoded_rows };
    let mut decoded = Decoded { report: empty_report(Path::new("reads.csv")), staged: None };
    let erased = ErasedIds::default();
    let as_of = "2026-11-22T00:00:00Z".parse().expect("a time");
    let run = Run { id: "run", zone: Zone::default(), as_of, erased: &erased, commit_rows };
    let mut stored = lake.create(&raw::raw_spec(Table::Reads)).await.expect("a table");
    let described = DescribedIds::read(&lake, Table::Reads).await.expect("known");
    let classifier = facts::FactClassifier::new("article_id", "read_at", ROWS as u64, commit_rows);
    let mut new_files = vec![(&mut decoded, staged)];
    write(&run, Table::Reads, &mut stored, &mut new_files, classifier, &described).await.expect("committed");
    let passes = new_files[0].1.decoded_rows.stage.rows.passes();
    assert!(stored.transaction("file:x").is_some());
    (passes, decoded.report.counts, stored.version())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_read_twice_for_any_number_of_commits() {
    for (commit_rows, commits) in [(1_000, 1), (100, 4), (7, 58), (1, 400)] {
        let (passes, counts, version) = committed(commit_rows).await;
        assert_eq!((counts.new, counts.duplicates), (400, 200), "{commit_rows} rows a commit");
        assert_eq!((passes, version), (2, commits), "{commit_rows} rows a commit");
    }
}
