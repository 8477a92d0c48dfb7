//! Tests that each row is ingested once: the same content again, renamed, recompressed, overlapping, and concurrently.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use zhihui_data::{Table, Zone};
use zhihui_pipeline::ingest::{EventRows, FileStatus, Silent, add_rows, ingest};
use zhihui_pipeline::lake::{Lake, LakeLocation};

use crate::support::{Home, reads, statuses};

fn gzipped(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_ingested_once() {
    let home = Home::new().await;
    let first = home.file("reads-1.csv", reads(0..1_000));
    let report = home.ingest(&first).await;
    assert_eq!((report.totals.rows, report.totals.new, report.totals.unresolved), (1_000, 1_000, 1_000));
    home.file("reads-renamed.csv", reads(0..1_000));
    home.file("reads-packed.csv.gz", gzipped(&reads(0..1_000)));
    home.file("reads-zstd.csv.zst", zstd::encode_all(reads(0..1_000).as_bytes(), 3).unwrap());
    let report = home.ingest(&home.inbox()).await;
    assert!(
        report.files.len() == 4 && report.files.iter().all(|file| file.status == FileStatus::Already),
        "{report:#?}"
    );
    assert_eq!(report.totals.rows, 0);
    assert_eq!(home.rows("select count(*) from reads").await, ["1000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_files_of_one_run_are_ingested_once() {
    let home = Home::new().await;
    home.file("reads-a.csv", reads(0..100));
    home.file("reads-b.csv", reads(0..100));
    let report = home.ingest(&home.inbox()).await;
    let files = [FileStatus::Ingested, FileStatus::Already];
    assert_eq!(report.files.iter().map(|file| file.status).collect::<Vec<_>>(), files);
    assert_eq!(report.totals.new, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_new_rows_of_overlapping_files_are_added() {
    let home = Home::new().await;
    home.ingest(&home.file("reads-1.csv", reads(0..1_000))).await;
    let report = home.ingest(&home.file("reads-2.csv", reads(900..1_500))).await;
    assert_eq!((report.totals.new, report.totals.duplicates), (500, 100));
    // The same facts in another notation, and twice within the file.
    let twice = format!("{}m5,a5,2026-10-31T16:00:05.9Z\nm5,a5,1793462405\nm5,a6,1793462405\n", reads(0..10));
    let report = home.ingest(&home.file("reads-3.csv", twice)).await;
    assert_eq!((report.totals.new, report.totals.duplicates), (1, 12));
    assert_eq!(home.rows("select count(*) from reads").await, ["1501"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn event_ids_take_precedence_over_member_item_and_second() {
    let home = Home::new().await;
    let header = "event_id,member_id,openid,item_id,shared_at\n";
    let named = format!("{header}e1,m1,,a,2026-11-01\ne2,m1,,a,2026-11-01\ne1,m2,,b,2026-11-05\n");
    let report = home.ingest(&home.file("shares-1.csv", named)).await;
    assert_eq!((report.totals.new, report.totals.duplicates), (2, 1), "each id is one share");
    let rest = format!("{header},m1,,a,2026-11-01\ne1,m9,,c,2026-11-20\n,,o1,a,2026-11-01\ne3,,o1,a,2026-11-01\n");
    let report = home.ingest(&home.file("shares-2.csv", rest)).await;
    assert_eq!((report.totals.new, report.totals.duplicates), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_runs_add_each_row_once() {
    let home = Home::new().await;
    for part in 0..6 {
        home.file(&format!("reads-{part}.csv"), reads(part * 500..part * 500 + 600));
    }
    let other = Lake::open(&LakeLocation::Local(home.folder.path().join("lake"))).await.unwrap();
    let (first, second) = (home.request(&home.inbox()), home.request(&home.inbox()));
    let lake = home.lake.clone();
    let one = tokio::spawn(async move { ingest(&lake, first, Arc::new(Silent)).await.unwrap() });
    let two = tokio::spawn(async move { ingest(&other, second, Arc::new(Silent)).await.unwrap() });
    let (one, two) = tokio::join!(one, two);
    let (one, two) = (one.unwrap().totals, two.unwrap().totals);
    assert_eq!((one.new + two.new, one.duplicates + two.duplicates), (3_100, 500));
    assert_eq!(home.rows("select count(*), count(distinct member_id) from reads").await, ["3100 3100"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_beyond_the_memory_limit_are_spilled_to_disk() {
    let mut home = Home::new().await;
    home.limits.staging_bytes = 1 << 20;
    for part in 0..3 {
        home.file(&format!("reads-{part}.csv"), reads(part * 50_000..part * 50_000 + 50_010));
    }
    let report = home.ingest(&home.inbox()).await;
    assert_eq!((report.totals.new, report.totals.duplicates), (150_010, 20));
    assert_eq!(
        std::fs::read_dir(home.folder.path().join("scratch")).unwrap().count(),
        0,
        "temporary files are deleted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_ingested_into_two_tables() {
    let sources = "[[source]]\nname=\"a\"\nmatch=\"group/members.csv\"\ntable=\"members\"\ncolumns={member_id=\"id\",union_id=\"g\"}\n\
        [[source]]\nname=\"b\"\nmatch=\"members.csv\"\ntable=\"memberships\"\ncolumns={member_id=\"id\",union_id=\"g\"}\n";
    let home = Home::new().await.with_sources(sources);
    home.file("group/members.csv", "id,g,hobby\n1,u1,x\n1,u2,y\n2,u1,z\n");
    let report = home.ingest(&home.inbox()).await;
    assert_eq!(statuses(&report).len(), 2);
    let of = |at: usize| {
        (report.files[at].source.clone().unwrap(), report.files[at].counts.new, report.files[at].counts.replaced)
    };
    assert_eq!((of(0), of(1)), (("a".to_owned(), 2, 1), ("b".to_owned(), 3, 0)));
    assert_eq!(report.files[0].unknown_columns, ["hobby"]);
    assert_eq!(home.ingest(&home.inbox()).await.totals.rows, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_rows_are_compared_like_rows_of_files() {
    let home = Home::new().await;
    home.ingest(&home.file("reads.csv", "member_id,article_id,read_at\nm1,a1,1793462405\n")).await;
    let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    let times =
        TimestampMicrosecondArray::from(vec![1_793_462_405_900_000, 1_793_462_406_000_000]).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([
        ("event_id", text(vec!["e1", "e2"])),
        ("member_id", text(vec!["m1", "m1"])),
        ("article_id", text(vec!["a1", "a1"])),
        ("read_at", Arc::new(times) as ArrayRef),
    ])
    .unwrap();
    let rows = |number| EventRows {
        table: Table::Reads,
        batches: vec![batch.clone()],
        origin: "inbox".to_owned(),
        transaction: ("inbox:1".to_owned(), number),
    };
    let as_of = home.request(&home.inbox()).as_of;
    let mut counts = Vec::new();
    for number in [5, 5, 4, 6] {
        let added = add_rows(&home.lake, rows(number), "run", Zone::default(), as_of).await.unwrap();
        counts.push((added.new, added.duplicates));
    }
    assert_eq!(counts, [(1, 1), (0, 0), (0, 0), (0, 2)]);
    assert_eq!(home.rows("select count(*) from reads").await, ["2"]);
}
