//! A damaged log or data file is an error that names it, never a table with fewer rows.

use std::fs;

use futures::TryStreamExt;
use zhihui_pipeline::lake::LakeError;

use crate::support::{TABLE, append, commit_file, fresh, lake, rows};

#[tokio::test]
async fn a_newest_commit_that_is_cut_anywhere_is_an_error() {
    let (folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..10, &["东区"]), "a").await.unwrap();
    append(&mut table, &rows(10..20, &["西区"]), "b").await.unwrap();
    let file = commit_file(folder.path(), 2);
    let complete = fs::read(&file).unwrap();
    for cut in (0..complete.len()).step_by(7).chain([complete.len() - 1]) {
        fs::write(&file, &complete[..cut]).unwrap();
        match lake.table(TABLE).await {
            Err(LakeError::TornCommit { version: 2, file, .. }) => assert!(file.ends_with("02.json"), "{file}"),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
    fs::write(&file, &complete).unwrap();
    assert_eq!(lake.table(TABLE).await.unwrap().unwrap().rows(), 20);
}

#[tokio::test]
async fn a_missing_or_invalid_commit_is_an_error_that_names_the_version() {
    let (folder, lake, mut table) = fresh(&[]).await;
    for batch in 0..3 {
        append(&mut table, &rows(batch * 10..batch * 10 + 10, &["东区"]), &format!("f{batch}")).await.unwrap();
    }
    let file = commit_file(folder.path(), 2);
    let complete = fs::read(&file).unwrap();
    fs::write(&file, b"\x00\xff\x00 garbage").unwrap();
    let message = lake.table(TABLE).await.unwrap_err().to_string();
    assert!(message.contains("version 2") && message.contains("backup"), "{message}");
    fs::remove_file(&file).unwrap();
    let message = lake.table(TABLE).await.unwrap_err().to_string();
    assert!(message.contains("version 2") && message.contains("is missing"), "{message}");
    fs::write(&file, complete).unwrap();
    fs::remove_file(commit_file(folder.path(), 0)).unwrap();
    assert!(lake.table(TABLE).await.unwrap_err().to_string().contains("version 0"));
}

#[tokio::test]
async fn a_damaged_checkpoint_is_an_error() {
    let (folder, lake, mut table) = fresh(&[]).await;
    for batch in 0..50 {
        append(&mut table, &rows(batch..batch + 1, &["东区"]), &format!("f{batch}")).await.unwrap();
    }
    let checkpoint = commit_file(folder.path(), 50).with_extension("checkpoint.parquet");
    let complete = fs::read(&checkpoint).unwrap();
    let opened = lake.table(TABLE).await.unwrap().unwrap();
    assert_eq!((opened.rows(), opened.transaction("f7"), opened.transaction("f50")), (50, Some(1), None));
    fs::write(&checkpoint, &complete[..complete.len() / 2]).unwrap();
    let message = lake.table(TABLE).await.unwrap_err().to_string();
    assert!(message.contains("checkpoint"), "{message}");
}

#[tokio::test]
async fn a_damaged_data_file_is_named_and_others_are_read() {
    let (folder, _, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..20, &["east", "west"]), "a").await.unwrap();
    let files = table.files();
    let bad = files.iter().find(|file| file.partition["place"] == "east").unwrap();
    let path = folder.path().join(TABLE).join(&bad.path);
    fs::write(&path, vec![0; usize::try_from(bad.bytes).unwrap()]).unwrap();
    let table = lake(folder.path()).await.table(TABLE).await.unwrap().unwrap();
    let read = async |files| table.read(files, &[]).await.unwrap().try_collect::<Vec<_>>().await;
    match read(std::slice::from_ref(bad)).await {
        Err(LakeError::DataFile { file, .. }) => assert_eq!(file, bad.path),
        other => panic!("{other:?}"),
    }
    let good: Vec<_> = files.iter().filter(|file| file.path != bad.path).cloned().collect();
    assert_eq!(read(&good).await.unwrap().iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 10);
    fs::remove_file(&path).unwrap();
    assert!(matches!(read(std::slice::from_ref(bad)).await, Err(LakeError::DataFile { .. })));
}
