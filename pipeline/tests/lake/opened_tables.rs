//! A table that was opened before is opened at its newest version.

use zhihui_pipeline::lake::OpenedTables;

use crate::support::{TABLE, append, fresh, numbers, rows, spec};

#[tokio::test]
async fn later_commits_are_seen_and_an_unchanged_table_stays_as_it_was() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    let opened = OpenedTables::default();
    assert!(opened.table(&lake, "built/other").await.unwrap().is_none(), "there is no such table");
    append(&mut table, &rows(1..4, &["东区"]), "first").await.unwrap();
    for _ in 0..2 {
        let found = opened.table(&lake, TABLE).await.unwrap().unwrap();
        assert_eq!((found.version(), numbers(&found).await), (1, vec![1, 2, 3]));
    }
    append(&mut table, &rows(7..9, &["东区"]), "second").await.unwrap();
    let found = opened.table(&lake, TABLE).await.unwrap().unwrap();
    assert_eq!((found.version(), numbers(&found).await), (2, vec![1, 2, 3, 7, 8]));
}

#[tokio::test]
async fn a_table_that_was_made_again_is_not_the_one_before() {
    let (folder, lake, mut table) = fresh(&[]).await;
    let opened = OpenedTables::default();
    append(&mut table, &rows(1..4, &["东区"]), "first").await.unwrap();
    assert_eq!(opened.table(&lake, TABLE).await.unwrap().unwrap().version(), 1);
    // A restored backup has the same versions with other content.
    std::fs::remove_dir_all(folder.path().join(TABLE)).unwrap();
    let mut again = lake.create(&spec(&[])).await.unwrap();
    append(&mut again, &rows(40..60, &["西区"]), "first").await.unwrap();
    let found = opened.table(&lake, TABLE).await.unwrap().unwrap();
    assert_eq!((found.version(), numbers(&found).await.len()), (1, 20));
}
