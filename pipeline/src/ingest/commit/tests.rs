//! How often the rows of a file are read until they are committed, however many commits they need.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use zhihui_data::{ErasedIds, Table, Zone};

use super::super::Counts;
use super::super::decode::{Waiting, blank};
use super::super::sink::Gathered;
use super::super::stage::{Room, Stage};
use super::*;
use crate::lake::{Lake, LakeLocation};

const ROWS: i64 = 600;

/// Reads of which every third repeats the event id of the one before, a year later.
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
    let mut stage = Stage::new(&Room::new(usize::MAX / 2, folder.path()));
    let batch = reads();
    for at in (0..ROWS as usize).step_by(50) {
        stage.push(batch.slice(at, 50)).expect("staged");
    }
    let gathered = Gathered { stage, rows: ROWS as u64, reasons: BTreeMap::new(), unknown: Vec::new() };
    let waiting = Waiting { table: Table::Reads, transaction: ("file:x".to_owned(), 1), gathered };
    let mut decoded = Decoded { report: blank(Path::new("reads.csv")), waiting: None };
    let forgotten = ErasedIds::default();
    let as_of = "2026-11-22T00:00:00Z".parse().expect("a time");
    let run = Run { id: "run", zone: Zone::default(), as_of, forgotten: &forgotten, commit_rows };
    let mut stored = lake.create(&raw::raw_spec(Table::Reads)).await.expect("a table");
    let known = Known::read(&lake, Table::Reads).await.expect("known");
    let judge = facts::Facts::new("article_id", "read_at", ROWS as u64, commit_rows);
    let mut fresh = vec![(&mut decoded, waiting)];
    write(&run, Table::Reads, &mut stored, &mut fresh, judge, &known).await.expect("committed");
    let passes = fresh[0].1.gathered.stage.rows.passes();
    assert!(stored.transaction("file:x").is_some());
    (passes, decoded.report.counts, stored.version())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_read_twice_however_many_commits_there_are() {
    for (commit_rows, commits) in [(1_000, 1), (100, 4), (7, 58), (1, 400)] {
        let (passes, counts, version) = committed(commit_rows).await;
        assert_eq!((counts.new, counts.duplicates), (400, 200), "{commit_rows} rows a commit");
        assert_eq!((passes, version), (2, commits), "{commit_rows} rows a commit");
    }
}
