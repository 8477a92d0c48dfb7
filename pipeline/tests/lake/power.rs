//! Acknowledged commits survive a power failure at any moment; other commits happen completely or not at all.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use zhihui_pipeline::lake::{Lake, LakeError};

use crate::power_disk::{PowerDisk, Sync};
use crate::support::{TABLE, append, lake, numbers, rows, spec};

const BATCH: i64 = 3;

/// Commits batches until one fails and counts those acknowledged.
async fn work(root: &Path, disk: Arc<PowerDisk>) -> (usize, Option<LakeError>) {
    let mut acknowledged = 0;
    let result = async {
        let lake = Lake::on_disk(root, disk)?;
        let mut table = lake.create(&spec(&["place"])).await?;
        for batch in 0..4_i64 {
            let numbers = batch * BATCH..(batch + 1) * BATCH;
            append(&mut table, &rows(numbers, &["东区", "西 区"]), &format!("file-{batch}")).await?;
            acknowledged += 1;
        }
        Ok(())
    };
    let error = result.await.err();
    (acknowledged, error)
}

async fn survivors(root: &Path) -> Result<Vec<i64>, LakeError> {
    let table = lake(root).await.table(TABLE).await?;
    Ok(match table {
        Some(table) => numbers(&table).await,
        None => Vec::new(),
    })
}

#[tokio::test]
async fn no_acknowledged_row_is_lost_by_a_power_failure_at_any_call() {
    let mut cuts = 0;
    loop {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(PowerDisk::new(cuts, Sync::Honest));
        let (acknowledged, error) = work(folder.path(), Arc::clone(&disk)).await;
        disk.lose_unsynced();
        let found = survivors(folder.path()).await.unwrap();
        let batches = i64::try_from(found.len()).unwrap() / BATCH;
        assert_eq!(found, (0..batches * BATCH).collect::<Vec<_>>(), "cut at call {cuts}: half a batch");
        let batches = usize::try_from(batches).unwrap();
        assert!((acknowledged..=acknowledged + 1).contains(&batches), "cut at {cuts}: {acknowledged} of {batches}");
        if !disk.was_cut() {
            assert!(error.is_none(), "{error:?}");
            assert_eq!(acknowledged, 4);
            break;
        }
        assert!(error.is_some(), "cut at {cuts} caused no error");
        cuts += 1;
    }
    assert!(cuts > 60, "only {cuts} calls were cut");
}

#[tokio::test]
async fn commits_work_after_a_power_failure_without_repair() {
    for cut in (5..60).step_by(9) {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(PowerDisk::new(cut, Sync::Honest));
        work(folder.path(), Arc::clone(&disk)).await;
        disk.lose_unsynced();
        let mut table = lake(folder.path()).await.create(&spec(&["place"])).await.unwrap();
        let before = numbers(&table).await;
        append(&mut table, &rows(100..103, &["东区"]), "later").await.unwrap();
        assert_eq!(numbers(&table).await.len(), before.len() + 3, "cut at {cut}");
    }
}

/// Verifies that the test disk loses rows that are not synced, so that the tests above can fail.
#[tokio::test]
async fn a_disk_that_lies_about_syncs_loses_rows() {
    let folder = TempDir::new().unwrap();
    let disk = Arc::new(PowerDisk::new(usize::MAX, Sync::Lying));
    let (acknowledged, _) = work(folder.path(), Arc::clone(&disk)).await;
    assert_eq!(acknowledged, 4);
    disk.lose_unsynced();
    assert!(survivors(folder.path()).await.is_err_and(|_| true) || survivors(folder.path()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_sync_is_never_acknowledged_and_stops_all_writes() {
    let count = |syncs| async move {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(PowerDisk::new(usize::MAX, Sync::FailsAt(syncs)));
        let (acknowledged, error) = work(folder.path(), Arc::clone(&disk)).await;
        disk.lose_unsynced();
        let kept = survivors(folder.path()).await.unwrap().len() / usize::try_from(BATCH).unwrap();
        (acknowledged, kept, error)
    };
    let mut syncs = 0;
    while let (acknowledged, kept, Some(error)) = count(syncs).await {
        assert!(kept >= acknowledged, "sync {syncs}: {kept} kept of {acknowledged}");
        assert!(error.to_string().contains("fsync"), "sync {syncs}: {error}");
        syncs += 1;
    }
    assert!(syncs > 20, "only {syncs} syncs were made to fail");
}

#[tokio::test]
async fn after_a_failed_sync_the_lake_rejects_writes() {
    let folder = TempDir::new().unwrap();
    lake(folder.path()).await.create(&spec(&[])).await.unwrap();
    let lake = Lake::on_disk(folder.path(), Arc::new(PowerDisk::new(usize::MAX, Sync::FailsAt(0)))).unwrap();
    let mut table = lake.table(TABLE).await.unwrap().unwrap();
    let first = append(&mut table, &rows(0..3, &["东区"]), "a").await.unwrap_err();
    assert!(first.to_string().contains("fsync"), "{first}");
    let second = append(&mut table, &rows(0..3, &["东区"]), "a").await.unwrap_err();
    assert!(second.to_string().contains("an earlier fsync failed"), "{second}");
}
