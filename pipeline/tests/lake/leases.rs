//! The writer's lease of a lake in an object store: who may take it, and what a holder that lost it can still do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tempfile::TempDir;
use zhihui_pipeline::lake::{CommitMode, Lake, LakeError, maintain};

use crate::support::{TABLE, append, info, noon, numbers, rows, spec};

const TERM: Duration = Duration::from_secs(2);

/// A machine with a folder of its own.
fn machine(store: Arc<dyn ObjectStore>, owner: &str) -> (TempDir, Lake) {
    let folder = TempDir::new().unwrap();
    let lake = Lake::in_store(store, folder.path().join("lock"), owner, TERM);
    (folder, lake)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_at_work_keeps_the_lease_and_passes_it_on_when_it_ends() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let ((_one, one), (_two, two)) = (machine(Arc::clone(&store), "one"), machine(store, "two"));
    let lock = one.lock().await.unwrap();
    match two.lock().await {
        Err(LakeError::Busy { holder }) => assert_eq!(holder, "one"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(two.lock_within(3 * TERM).await, Err(LakeError::Busy { .. })), "renewals do not end");
    assert_eq!(two.writer_status().await.unwrap().unwrap().holder.as_deref(), Some("one"));
    drop(lock);
    let started = Instant::now();
    let _lock = two.lock().await.unwrap();
    assert!(started.elapsed() < TERM / 2, "a released lease is free at once");
    assert_eq!(two.writer_status().await.unwrap().unwrap().number, 2);
}

#[tokio::test]
async fn nothing_is_committed_without_the_lease() {
    let (_folder, lake) = machine(Arc::new(InMemory::new()), "one");
    assert!(matches!(lake.create(&spec(&[])).await, Err(LakeError::NotLocked { .. })));
    let lock = lake.lock().await.unwrap();
    let mut table = lake.create(&spec(&[])).await.unwrap();
    append(&mut table, &rows(0..5, &["东区"]), "a").await.unwrap();
    drop(lock);
    assert!(matches!(append(&mut table, &rows(5..9, &["东区"]), "b").await, Err(LakeError::NotLocked { .. })));
}

/// The first machine believes that it holds the lease: it reads the lease as it was, and its renewals are lost. So only the seals
/// can keep it from committing.
#[tokio::test(flavor = "multi_thread")]
async fn seals_alone_keep_a_machine_that_does_not_know_of_the_take_over_from_committing() {
    let shared = Arc::new(InMemory::new());
    let cut_off =
        Arc::new(CutOff { shared: Arc::clone(&shared), lease: Mutex::default(), is_cut: AtomicBool::default() });
    let (_one, one) = machine(Arc::clone(&cut_off) as Arc<dyn ObjectStore>, "one");
    let (_two, two) = machine(shared, "two");
    let _lock = one.lock().await.unwrap();
    let mut table = one.create(&spec(&[])).await.unwrap();
    append(&mut table, &rows(0..5, &["东区"]), "a").await.unwrap();
    let mut writer = table.writer();
    writer.write(&rows(5..9, &["东区"])).await.unwrap();
    let uncommitted = writer.finish().await.unwrap();

    cut_off.cut().await;
    let lock = two.lock().await.unwrap();
    assert_eq!(numbers(&two.table(TABLE).await.unwrap().unwrap()).await, [0, 1, 2, 3, 4]);
    drop(lock);
    maintain(&two, noon() + chrono::Duration::days(40_000), chrono::Duration::zero()).await.unwrap();

    // Opened before the seal: the version is taken.
    let late = table.commit(uncommitted, CommitMode::Append, vec![("b".to_owned(), 1)], info(noon())).await;
    assert!(matches!(late, Err(LakeError::Conflict { .. })), "{late:?}");
    // Opened after it: the number is greater.
    let mut reopened = one.table(TABLE).await.unwrap().unwrap();
    let late = append(&mut reopened, &rows(5..9, &["东区"]), "b").await;
    assert!(matches!(late, Err(LakeError::LeaseLost { .. })), "{late:?}");

    let _lock = two.lock().await.unwrap();
    let mut table = two.table(TABLE).await.unwrap().unwrap();
    append(&mut table, &rows(5..9, &["东区"]), "b").await.unwrap();
    assert_eq!(numbers(&table).await, (0..9).collect::<Vec<_>>());
}

/// A store that, once cut, shows the lease as it was and loses changes of it.
#[derive(Debug)]
struct CutOff {
    shared: Arc<InMemory>,
    lease: Mutex<Option<(ObjectMeta, Bytes)>>,
    is_cut: AtomicBool,
}

impl CutOff {
    async fn cut(&self) {
        let found = self.shared.get(&Path::from(".lease")).await.unwrap();
        let (meta, bytes) = (found.meta.clone(), found.bytes().await.unwrap());
        *self.lease.lock().unwrap() = Some((meta, bytes));
        self.is_cut.store(true, Ordering::SeqCst);
    }

    fn hides(&self, location: &Path) -> bool {
        self.is_cut.load(Ordering::SeqCst) && location.as_ref() == ".lease"
    }
}

impl std::fmt::Display for CutOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CutOff")
    }
}

#[async_trait::async_trait]
impl ObjectStore for CutOff {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if self.hides(location) {
            return Err(Error::Generic { store: "CutOff", source: "no route to host".into() });
        }
        self.shared.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, to: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.shared.put_multipart_opts(to, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if !self.hides(location) {
            return self.shared.get_opts(location, options).await;
        }
        let (meta, bytes) = self.lease.lock().unwrap().clone().unwrap();
        let (range, attributes) = (0..bytes.len() as u64, object_store::Attributes::default());
        let payload = GetResultPayload::Stream(futures::stream::once(async { Ok(bytes) }).boxed());
        Ok(GetResult { payload, meta, range, attributes })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.shared.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.shared.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.shared.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.shared.copy_opts(from, to, options).await
    }
}
