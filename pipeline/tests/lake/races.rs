//! Concurrent writers, repeated commits, and commits with an unknown outcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tempfile::TempDir;
use zhihui_pipeline::lake::{CommitMode, Lake, LakeError, SystemDisk, Written, replace_file};
use zhihui_pipeline::publish::{KeptSnapshot, PublishedFolder};

use crate::support::{TABLE, append, fresh, info, lake, noon, numbers, rows, spec};

#[tokio::test]
async fn a_transaction_is_committed_once() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..5, &["东区"]), "sha256:a").await.unwrap();
    let again = append(&mut table, &rows(0..5, &["东区"]), "sha256:a").await;
    assert!(matches!(again, Err(LakeError::AlreadyDone { version: 1, .. })), "{again:?}");
    let mut reopened = lake.table(TABLE).await.unwrap().unwrap();
    assert_eq!(reopened.transaction("sha256:a"), Some(1));
    assert!(append(&mut reopened, &rows(0..5, &["东区"]), "sha256:a").await.is_err());
    assert_eq!(numbers(&reopened).await, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn of_two_writers_of_one_transaction_the_second_gets_an_error() {
    let (_folder, lake, mut first) = fresh(&[]).await;
    let mut second = lake.table(TABLE).await.unwrap().unwrap();
    append(&mut first, &rows(0..5, &["东区"]), "sha256:a").await.unwrap();
    let late = append(&mut second, &rows(0..5, &["东区"]), "sha256:a").await;
    assert!(matches!(late, Err(LakeError::AlreadyDone { .. })), "{late:?}");
    assert_eq!(numbers(&lake.table(TABLE).await.unwrap().unwrap()).await.len(), 5);
}

#[tokio::test]
async fn of_two_writers_of_different_transactions_the_second_must_retry() {
    let (_folder, lake, mut first) = fresh(&[]).await;
    let mut second = lake.table(TABLE).await.unwrap().unwrap();
    append(&mut first, &rows(0..5, &["东区"]), "a").await.unwrap();
    let late = append(&mut second, &rows(5..9, &["东区"]), "b").await;
    assert!(matches!(late, Err(LakeError::Conflict { read_version: 0, .. })), "{late:?}");
    assert_eq!(second.version(), 1);
    append(&mut second, &rows(5..9, &["东区"]), "b").await.unwrap();
    assert_eq!(numbers(&second).await, (0..9).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_at_once_add_every_row_once() {
    let (folder, lake, _) = fresh(&["place"]).await;
    let writers = (0..6_i64).map(|writer| {
        let lake = lake.clone();
        tokio::spawn(async move {
            loop {
                let mut table = lake.table(TABLE).await.unwrap().unwrap();
                // Two writers write the same transaction.
                let number = writer / 2;
                match append(&mut table, &rows(number * 10..number * 10 + 10, &["东区", "西区"]), &format!("{number}"))
                    .await
                {
                    Err(LakeError::Conflict { .. }) => {}
                    Ok(_) => return true,
                    Err(LakeError::AlreadyDone { .. }) => return false,
                    Err(other) => panic!("{other}"),
                }
            }
        })
    });
    let done = futures::future::join_all(writers).await;
    assert_eq!(done.into_iter().filter(|done| *done.as_ref().unwrap()).count(), 3);
    let table = crate::support::lake(folder.path()).await.table(TABLE).await.unwrap().unwrap();
    assert_eq!(numbers(&table).await, (0..30).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_process_holds_the_lock() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (lake(folder.path()).await, lake(folder.path()).await);
    let lock = one.lock().await.unwrap();
    match other.lock().await {
        Err(LakeError::Busy { holder }) => assert!(holder.contains(&std::process::id().to_string()), "{holder}"),
        other => panic!("{other:?}"),
    }
    assert!(other.lock_within(std::time::Duration::from_millis(300)).await.is_err());
    drop(lock);
    other.lock().await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_response_was_lost_counts_as_committed() {
    let answers = Arc::new(AtomicBool::new(true));
    let store = Arc::new(LosesAnswers { inner: InMemory::new(), answers: Arc::clone(&answers) });
    let folder = TempDir::new().unwrap();
    let lake = Lake::in_store(store, folder.path().join("lock"), "one", std::time::Duration::from_secs(30));
    let _lock = lake.lock().await.unwrap();
    let mut table = lake.create(&spec(&[])).await.unwrap();
    answers.store(false, Ordering::SeqCst);
    assert_eq!(append(&mut table, &rows(0..5, &["东区"]), "a").await.unwrap(), 1);
    answers.store(true, Ordering::SeqCst);
    let mut reopened = lake.table(TABLE).await.unwrap().unwrap();
    assert_eq!(numbers(&reopened).await.len(), 5);
    assert!(matches!(append(&mut reopened, &rows(0..5, &["东区"]), "a").await, Err(LakeError::AlreadyDone { .. })));
}

#[tokio::test]
async fn an_empty_commit_makes_no_version_but_a_transaction_without_rows_does() {
    let (_folder, _, mut table) = fresh(&[]).await;
    let nothing = table.commit(Written::default(), CommitMode::Append, Vec::new(), info(noon())).await.unwrap();
    assert_eq!(nothing, 0);
    let mark = vec![("inbox:1".to_owned(), 42)];
    assert_eq!(table.commit(Written::default(), CommitMode::Append, mark, info(noon())).await.unwrap(), 1);
    assert_eq!(table.transaction("inbox:1"), Some(42));
}

#[test]
fn writers_that_replace_one_file_at_once_all_succeed() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("serve-from");
    let contents = [0_u8, 1, 2, 3].map(|writer| vec![b'a' + writer; 10_000]);
    std::thread::scope(|scope| {
        for content in &contents {
            scope.spawn(|| (0..50).for_each(|_| replace_file(&SystemDisk, &file, content).unwrap()));
        }
    });
    assert!(contents.contains(&std::fs::read(&file).unwrap()));
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "temporary files are left");
}

#[test]
fn a_machine_keeps_the_snapshot_that_is_just_being_published() {
    let folder = TempDir::new().unwrap();
    let published = PublishedFolder::at(folder.path());
    for version in ["20261101T000000000Z", "20261102T000000000Z", "20261103T000000000Z"] {
        published.announce(version, noon()).unwrap();
    }
    let kept = KeptSnapshot { version: "20261102T000000000Z".to_owned(), sha256: String::new() };
    published.keep_only(&[kept]).unwrap();
    let mut left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["20261102T000000000Z", "20261103T000000000Z"]);
}

/// A remote store that performs writes of commits and, unless `answers` is set, reports an error.
#[derive(Debug)]
struct LosesAnswers {
    inner: InMemory,
    answers: Arc<AtomicBool>,
}

impl std::fmt::Display for LosesAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LosesAnswers")
    }
}

#[async_trait::async_trait]
impl ObjectStore for LosesAnswers {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let done = self.inner.put_opts(location, payload, opts).await?;
        if self.answers.load(Ordering::SeqCst) || !location.as_ref().ends_with(".json") {
            return Ok(done);
        }
        Err(Error::Generic { store: "LosesAnswers", source: "connection reset".into() })
    }

    async fn put_multipart_opts(&self, to: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(to, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
