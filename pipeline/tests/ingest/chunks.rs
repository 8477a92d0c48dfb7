//! Tests that several commits of a large file yield the same rows as one commit, also if a run ends between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use zhihui_pipeline::ingest::FileStatus;
use zhihui_pipeline::lake::{Disk, Lake};

use crate::faults::FullDisk;
use crate::support::{Home, reads};

/// Shares with and without event ids. Some ids occur twice at distant times, and some facts occur twice.
fn shares() -> String {
    let row = |n: u32| {
        let id = if n.is_multiple_of(4) { String::new() } else { format!("e{}", n % 90) };
        let (month, day) = (1 + n % 10, 1 + n % 27);
        format!("{id},m{},a{},2026-{month:02}-{day:02} 08:00:{:02}\n", n % 50, n % 5, n % 60)
    };
    ["event_id,member_id,item_id,shared_at\n".to_owned()].into_iter().chain((0..400).map(row)).collect()
}

const ALL_SHARES: &str =
    "select event_id, member_id, item_id, cast(shared_at as varchar) from shares order by 1, 2, 3, 4";

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_commits_does_not_change_the_rows() {
    let mut expected: Option<(Vec<String>, u64)> = None;
    for commit_rows in [1_000_000, 150, 37, 1] {
        let mut home = Home::new().await;
        home.limits.commit_rows = commit_rows;
        let report = home.ingest(&home.file("shares.csv", shares())).await;
        let ids = "select count(*) from (select event_id from shares where event_id is not null group by 1 having count(*) > 1)";
        assert_eq!(home.rows(ids).await, ["0"], "an event id was accepted twice, {commit_rows} rows a commit");
        let found = (home.rows(ALL_SHARES).await, report.totals.new);
        assert_eq!(*expected.get_or_insert_with(|| found.clone()), found, "{commit_rows} rows a commit");
        let again = home.ingest(&home.file("shares-2.csv", shares() + "\n")).await;
        assert_eq!((again.totals.new, again.totals.duplicates), (0, 400), "{commit_rows} rows a commit");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_share_a_commit_and_large_files_have_several() {
    let mut home = Home::new().await;
    home.limits.commit_rows = 100;
    for part in 0..20 {
        home.file(&format!("reads-{part:02}.csv"), reads(part * 10..part * 10 + 10));
    }
    home.file("reads-x.csv", reads(1_000..1_250));
    home.ingest(&home.inbox()).await;
    let table = home.lake.table("raw/reads").await.unwrap().unwrap();
    assert_eq!((table.rows(), table.version()), (450, 5), "five commits after the table's first version");
    let again = home.ingest(&home.inbox()).await;
    assert!(again.files.iter().all(|file| file.status == FileStatus::Already), "{again:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_completes_a_run_that_ended_between_two_commits() {
    let mut partial = 0;
    for room in 0..40 {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(FullDisk(AtomicUsize::new(room)));
        let root = folder.path().join("lake");
        std::fs::create_dir_all(&root).unwrap();
        let Ok(lake) = Lake::on_disk(&root, Arc::clone(&disk) as Arc<dyn Disk>) else { continue };
        let mut home = Home::with(folder, lake);
        home.limits.commit_rows = 60;
        home.file("reads-1.csv", format!("{}m1,,2026-11-01\n", reads(0..250)));
        home.file("reads-2.csv", reads(240..420));
        let failed = home.try_ingest(&home.inbox()).await.is_err();
        disk.0.store(usize::MAX, Ordering::SeqCst);
        let before = home.lake.table("raw/reads").await.unwrap().map_or(0, |table| table.rows());
        let report = home.ingest(&home.inbox()).await;
        if failed {
            partial += usize::from(before > 0);
            assert_eq!(report.totals.new as usize, 420 - before, "room for {room} files");
        }
        let all = "select count(*), count(distinct member_id) from reads";
        assert_eq!(home.rows(all).await, ["420 420"], "room for {room} files");
        assert_eq!(home.lake.table("raw/rejects").await.unwrap().unwrap().rows(), 1);
        let again = home.ingest(&home.inbox()).await;
        assert!(again.files.iter().all(|file| file.status == FileStatus::Already), "{again:#?}");
    }
    assert!(partial > 2, "no run ended between two commits");
}
