//! Tests that unusable files and a full disk lead to clear errors and lose nothing.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::TryStreamExt;
use tempfile::TempDir;
use zhihui_pipeline::ingest::FileStatus;
use zhihui_pipeline::lake::{CommitInfo, Disk, Lake, SystemDisk};
use zhihui_pipeline::members::{Person, erase};

use crate::support::{Home, reads, statuses};

#[tokio::test(flavor = "multi_thread")]
async fn other_files_are_ingested_when_some_are_refused() {
    let home = Home::new().await;
    home.file("reads-1.csv", reads(0..10));
    let packed = zstd::encode_all(reads(10..20_000).as_bytes(), 3).unwrap();
    home.file("reads-2.csv.zst", &packed[..packed.len() / 2]);
    home.file("reads-3.csv", "member_id,article\n1,a\n");
    home.file("reads-4.csv", reads(20..30));
    home.file("notes.txt", "hello");
    home.file(".hidden.csv", "x");
    let outside = home.folder.path().join("secret.csv");
    std::fs::write(&outside, reads(0..5)).unwrap();
    std::os::unix::fs::symlink(&outside, home.inbox().join("reads-5.csv")).unwrap();
    std::os::unix::fs::symlink(home.inbox().join("reads-1.csv"), home.inbox().join("reads-6.csv")).unwrap();
    let report = home.ingest(&home.inbox()).await;
    use FileStatus::{Already, Ingested, Refused, Skipped};
    let expected = [Skipped, Ingested, Refused, Refused, Ingested, Refused, Already];
    assert_eq!(statuses(&report).into_iter().map(|(_, status)| status).collect::<Vec<_>>(), expected, "{report:#?}");
    assert!(report.refused());
    let why = |at: usize| report.files[at].error.clone().unwrap();
    assert!(
        why(2).contains("compressed data") && why(3).contains("article_id") && why(5).contains("out of the folder")
    );
    assert_eq!(home.rows("select count(*) from reads").await, ["20"]);
    assert!(home.try_ingest(&home.inbox().join("missing.csv")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_stored_once() {
    let home = Home::new().await;
    let text = format!("{}m1,,2026-11-01\nm2,a\n", reads(0..3));
    let path = home.file("reads.csv", &text);
    let report = home.ingest(&path).await;
    assert_eq!((report.totals.rejected, report.totals.new), (2, 3));
    home.ingest(&path).await;
    let table = home.lake.table("raw/rejects").await.unwrap().unwrap();
    let rows: Vec<_> = table.read(&table.files(), &["row", "reason"]).await.unwrap().try_collect().await.unwrap();
    assert_eq!(rows.iter().map(|batch: &arrow::record_batch::RecordBatch| batch.num_rows()).sum::<usize>(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_has_the_keys_of_the_contract() {
    let home = Home::new().await;
    let report = home.ingest(&home.file("reads.csv", "member_id,article_id,read_at,x\n1,a,bad,1\n")).await;
    let json = serde_json::to_value(&report).unwrap();
    let file = &json["files"][0];
    let keys = [
        "path",
        "sha256",
        "table",
        "source",
        "status",
        "rows",
        "new",
        "replaced",
        "duplicates",
        "rejected",
        "reject_reasons",
        "nulled",
        "nulled_reasons",
        "unresolved",
        "unknown_columns",
        "error",
    ];
    assert!(keys.iter().all(|key| file.get(key).is_some()), "{file}");
    assert_eq!((file["status"].as_str(), file["reject_reasons"]["bad_time"].as_u64()), (Some("ingested"), Some(1)));
    assert!(json["run_id"] == "run-1" && json["totals"]["rejected"] == 1 && file["source"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn values_set_to_unknown_are_counted_and_listed_apart_from_rejected_rows() {
    let home = Home::new().await;
    let text = "member_id,article_id,read_at,read_fraction,dwell_seconds\n\
        m1,a,2026-11-01,37,20\nm2,a,2026-11-01,0.4,x\nm3,a,bad,55,x\nm4,a,2026-11-01,90,10\n";
    let path = home.file("reads.csv", text);
    let report = home.ingest(&path).await;
    let totals = &report.totals;
    assert_eq!((totals.new, totals.rejected, totals.nulled), (3, 1, 3), "{report:#?}");
    let json = serde_json::to_value(totals).unwrap();
    let reasons = serde_json::json!({ "read_fraction": { "out_of_range": 2 }, "dwell_seconds": { "bad_number": 1 } });
    assert_eq!(json["nulled_reasons"], reasons);
    let values = &report.files[0].nulled_values;
    let fraction = values.iter().find(|values| values.column == "read_fraction").unwrap();
    assert_eq!((fraction.values, fraction.row, fraction.factor), (2, 2, Some(0.01)));
    assert!(fraction.message.contains("factor = { read_fraction = 0.01 }"), "{}", fraction.message);
    assert_eq!(report.notes.len(), 1, "{:#?}", report.notes);

    home.ingest(&path).await;
    let query = "select row, \"column\", value, reason, message from nulled order by row, \"column\"";
    assert_eq!(
        home.rows(query).await,
        [
            "2 read_fraction 37 out_of_range 37 is above 1; if these are percentages, set factor = { read_fraction = 0.01 } \
             in the [[source]]",
            "3 dwell_seconds x bad_number not a number",
            "5 read_fraction 90 out_of_range 90 is above 1; if these are percentages, set factor = { read_fraction = 0.01 } \
             in the [[source]]",
        ]
    );
    assert_eq!(home.rows("select row, \"column\" from rejects").await, ["4 read_at"]);
    let stored = "select member_id, read_fraction, dwell_seconds from reads order by 1";
    assert_eq!(home.rows(stored).await, ["m1 null 20.0", "m2 0.4 null", "m4 null 10.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_file_completes_the_facts_of_the_first_one() {
    let header = "event_id,member_id,article_id,read_at,read_fraction,dwell_seconds\n";
    let text = |values: [&str; 4]| {
        let rows =
            [",m1,a,2026-11-01 08:00:00", "e2,m2,a,2026-11-01 08:00:00", ",m3,a,2026-10-01", "e4,m4,a,2026-11-02"];
        rows.iter().zip(values).fold(header.to_owned(), |text, (row, values)| format!("{text}{row},{values}\n"))
    };
    let first = text(["37,5", "0.4,x", "0.5,7", "80,"]);
    let corrected = text(["0.37,6", "0.9,12", "0.8,", "0.8,9"]);
    let stored = "select member_id, read_fraction, dwell_seconds from reads order by 1";
    // What was read stays, and what was unknown is completed.
    let expected = ["m1 0.37 5.0", "m2 0.4 12.0", "m3 0.5 7.0", "m4 0.8 9.0"];

    let home = Home::new().await;
    home.ingest(&home.file("reads-1.csv", &first)).await;
    let second = home.file("reads-2.csv", &corrected);
    let report = home.ingest(&second).await;
    assert_eq!((report.totals.replaced, report.totals.duplicates), (3, 1), "{report:#?}");
    assert_eq!(home.rows(stored).await, expected);
    assert_eq!(home.rows("select count(*), count(distinct _file) from raw_reads").await, ["4 1"]);
    let again = home.ingest(&home.file("reads-3.csv", corrected.replace("0.37", "0.38"))).await;
    assert_eq!((again.totals.replaced, again.totals.duplicates), (0, 4), "a complete fact does not change");
    assert_eq!(home.rows(stored).await, expected);

    let together = Home::new().await;
    together.file("reads-1.csv", &first);
    together.file("reads-2.csv", &corrected);
    let report = together.ingest(&together.inbox()).await;
    assert_eq!((report.totals.new, report.totals.replaced, report.totals.duplicates), (4, 3, 1), "{report:#?}");
    assert_eq!(together.rows(stored).await, expected);
}

/// A disk with space for this number of further files.
#[derive(Debug)]
pub(crate) struct FullDisk(pub AtomicUsize);

impl FullDisk {
    fn take(&self) -> io::Result<()> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| io::ErrorKind::StorageFull.into())
    }
}

impl Disk for FullDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.take()?;
        SystemDisk.create(path)
    }

    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()> {
        SystemDisk.sync_file(file, path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.sync_folder(path)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.create_folder(path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing() {
    let mut failed = 0;
    for room in 0..12 {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(FullDisk(AtomicUsize::new(room)));
        let root = folder.path().join("lake");
        std::fs::create_dir_all(&root).unwrap();
        let Ok(lake) = Lake::on_disk(&root, Arc::clone(&disk) as Arc<dyn Disk>) else {
            failed += 1;
            continue;
        };
        let home = Home::with(folder, lake);
        home.file("members.csv", "member_id\n1\n2\n");
        home.file("reads.csv", format!("{}m1,,2026-11-01\n", reads(0..10)));
        if let Err(error) = home.try_ingest(&home.inbox()).await {
            failed += 1;
            assert!(!error.to_string().is_empty());
            disk.0.store(usize::MAX, Ordering::SeqCst);
            home.ingest(&home.inbox()).await;
        }
        assert_eq!(home.rows("select count(*) from reads").await, ["10"], "room for {room} files");
        assert_eq!(home.rows("select count(*) from members").await, ["2"]);
        let rejects = home.lake.table("raw/rejects").await.unwrap().unwrap();
        assert_eq!(rejects.rows(), 1);
    }
    assert!(failed > 2, "the disk was never full");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_member_disappears_from_values_set_to_unknown() {
    let home = Home::new().await;
    let text = "member_id,article_id,read_at,dwell_seconds\nm1,a,2026-11-01,oCanary-0001\nm2,a,2026-11-01,x\n";
    home.ingest(&home.file("reads.csv", text)).await;
    let person = Person { member_id: "m9".to_owned(), openids: vec!["oCanary-0001".to_owned()] };
    let at = "2026-11-22T04:00:00Z".parse().unwrap();
    let info = CommitInfo { operation: "erase".to_owned(), run_id: "run-2".to_owned(), at };
    erase(&home.lake, &[person], &info).await.unwrap();
    assert_eq!(home.rows("select value from nulled").await, ["x"]);
}
