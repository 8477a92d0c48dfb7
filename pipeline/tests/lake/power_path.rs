//! Ingest, build, maintenance and publish on a disk that loses unsynced data, or that fails once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tempfile::TempDir;
use zhihui_data::snapshot::{Snapshot, SparseRows};
use zhihui_data::{ErasedIds, Zone};
use zhihui_pipeline::build::{BuildOptions, build};
use zhihui_pipeline::config::IngestLimits;
use zhihui_pipeline::ingest::sheet::SheetDecoder;
use zhihui_pipeline::ingest::{Request, Silent, ingest};
use zhihui_pipeline::lake::{Disk, Lake, maintain};
use zhihui_pipeline::publish::{PublishError, PublishedFolder};

use crate::power_disk::{PowerDisk, Sync};
use crate::support::{lake, noon};

/// Rows of one file.
const ROWS: u64 = 10;

/// The work that was acknowledged before the power failure.
#[derive(Debug, Default, PartialEq, Eq)]
struct Done {
    files: u64,
    builds: u32,
    maintained: bool,
}

/// Files to ingest, and a lake.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("scratch")).unwrap();
        let home = Self { folder };
        for number in 0..3 {
            let row = |n: u64| format!("m{n},a{},2026-11-{:02} 08:00:0{n}\n", n % 3, 10 + number);
            let rows: String = (0..ROWS).map(row).collect();
            std::fs::write(home.file(number), format!("member_id,article_id,read_at\n{rows}m1,,2026-11-01\n")).unwrap();
        }
        home
    }

    fn file(&self, number: u64) -> PathBuf {
        self.folder.path().join(format!("reads-{number}.csv"))
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("lake")
    }

    async fn ingest(&self, lake: &Lake, number: u64) -> Result<(), String> {
        let request = Request {
            excluded: Vec::new(),
            known: zhihui_pipeline::ingest::KnownFiles::new(),
            paths: vec![self.file(number)],
            table: None,
            sources: Vec::new(),
            zone: Zone::default(),
            as_of: noon(),
            run_id: "run-1".to_owned(),
            limits: IngestLimits::default(),
            erased: ErasedIds::default(),
            decoder: SheetDecoder::InProcess,
            scratch: self.folder.path().join("scratch"),
        };
        let report = ingest(lake, request, Arc::new(Silent)).await.map_err(|error| error.to_string())?;
        assert!(!report.refused(), "{report:#?}");
        Ok(())
    }

    /// Ingests two files, builds, runs maintenance without retention, ingests a third file, builds.
    async fn work(&self, disk: Arc<dyn Disk>) -> (Done, Option<String>) {
        let mut done = Done::default();
        let result = async {
            let lake = Lake::on_disk(&self.root(), disk).map_err(|error| error.to_string())?;
            for number in 0..3 {
                self.ingest(&lake, number).await?;
                done.files += 1;
                if number > 0 {
                    build_all(&lake).await?;
                    done.builds += 1;
                }
                if number == 1 {
                    let later: DateTime<Utc> = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::hours(1);
                    maintain(&lake, later, Duration::zero()).await.map_err(|error| error.to_string())?;
                    done.maintained = true;
                }
            }
            Ok::<_, String>(())
        };
        let error = result.await.err();
        (done, error)
    }
}

async fn build_all(lake: &Lake) -> Result<(), String> {
    build(lake, &BuildOptions::at(noon(), "run-1"), &|_| {}).await.map(drop).map_err(|error| error.to_string())
}

/// Rows by table; every table must open.
async fn rows(root: &Path) -> BTreeMap<String, u64> {
    let lake = lake(root).await;
    let mut rows = BTreeMap::new();
    for name in lake.tables().await.unwrap() {
        if let Some(table) = lake.table(&name).await.unwrap() {
            rows.insert(name, u64::try_from(table.rows()).unwrap());
        }
    }
    rows
}

/// Cuts the power at `moments` different calls and repeats the work afterwards.
async fn cut_and_repeat(moments: usize) {
    let uncut = Home::new();
    let disk = Arc::new(PowerDisk::new(usize::MAX, Sync::Honest));
    let (done, error) = uncut.work(Arc::clone(&disk) as Arc<dyn Disk>).await;
    assert_eq!((done, error), (Done { files: 3, builds: 2, maintained: true }, None));
    let (calls, expected) = (disk.calls(), rows(&uncut.root()).await);
    assert!(calls > 200, "only {calls} calls");
    for moment in 0..moments {
        // Spread over all calls, with steps that do not follow repetitions in the work.
        let cut = (moment * calls / moments + moment * 7) % calls;
        let home = Home::new();
        let disk = Arc::new(PowerDisk::new(cut, Sync::Honest));
        let (done, error) = home.work(Arc::clone(&disk) as Arc<dyn Disk>).await;
        assert!(error.is_some(), "cut at {cut} of {calls} caused no error");
        disk.lose_unsynced();
        let found = rows(&home.root()).await;
        let reads = found.get("raw/reads").copied().unwrap_or(0);
        assert_eq!(reads % ROWS, 0, "cut at {cut}: half a file");
        let files = reads / ROWS;
        assert!((done.files..=done.files + 1).contains(&files), "cut at {cut}: {done:?}, but {files} files");
        if done.builds > 0 {
            let built = |name: &&String| name.starts_with("built/");
            let missing: Vec<_> = expected.keys().filter(built).filter(|name| !found.contains_key(*name)).collect();
            assert!(missing.is_empty(), "cut at {cut}: built tables {missing:?} are missing");
        }
        let again = lake(&home.root()).await;
        for number in 0..3 {
            home.ingest(&again, number).await.unwrap();
        }
        build_all(&again).await.unwrap_or_else(|error| panic!("cut at {cut}: the next build failed: {error}"));
        assert_eq!(rows(&home.root()).await, expected, "cut at {cut}");
    }
}

/// Number of power cuts. `ZHIHUI_POWER_CUTS=200` takes minutes.
fn moments() -> usize {
    std::env::var("ZHIHUI_POWER_CUTS").map_or(12, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_build_and_maintenance_lose_nothing_by_a_power_failure_at_any_call() {
    cut_and_repeat(moments()).await;
}

/// A disk on which one call fails.
fn failing_once(call: usize) -> Arc<PowerDisk> {
    Arc::new(PowerDisk::new(usize::MAX, Sync::Honest).failing_once(call))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_call_stops_an_ingest_and_the_next_one_completes_it() {
    for call in 0.. {
        let home = Home::new();
        let disk = failing_once(call);
        let mut failed = 0;
        for number in [0, 0, 1, 1] {
            // After a failed sync the lake must be opened again.
            let opened = Lake::on_disk(&home.root(), Arc::clone(&disk) as Arc<dyn Disk>);
            let result = match opened {
                Ok(lake) => home.ingest(&lake, number).await,
                Err(error) => Err(error.to_string()),
            };
            failed += usize::from(result.is_err_and(|error| !error.is_empty()));
        }
        assert!(failed <= 1, "one failure of call {call} made {failed} ingests fail");
        assert_eq!(rows(&home.root()).await["raw/reads"], 2 * ROWS, "call {call}");
        assert_eq!(rows(&home.root()).await["raw/rejects"], 2, "call {call}");
        if disk.calls() < call {
            assert!(call > 40, "only {call} calls were made to fail");
            return;
        }
    }
}

/// A valid snapshot without members.
fn empty_snapshot(version: &str) -> Snapshot {
    let mut snapshot = Snapshot { version: version.to_owned(), ..Snapshot::default() };
    let bands = snapshot.age_bands.count();
    snapshot.model.preferences.prior_weight = vec![0.0; bands];
    snapshot.model.preferences.evidence = SparseRows::from_rows(Vec::<Vec<(u32, f32)>>::new());
    snapshot.model.neighbours = SparseRows::from_rows(Vec::<Vec<(u32, f32)>>::new());
    snapshot
}

const VERSIONS: [&str; 5] = ["v1", "v2", "v3", "v4", "v5"];

/// Publishes the versions until one fails. Returns how many were acknowledged, and whether all were.
fn publish(folder: &Path, disk: Arc<dyn Disk>) -> (usize, bool) {
    let published = PublishedFolder::on_disk(folder, disk);
    let acknowledged =
        VERSIONS.iter().take_while(|version| published.publish(&empty_snapshot(version)).is_ok()).count();
    (acknowledged, acknowledged == VERSIONS.len())
}

#[test]
fn the_published_snapshot_survives_a_power_failure_at_any_call() {
    for cut in 0.. {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(PowerDisk::new(cut, Sync::Honest));
        let home = folder.path().join("published");
        let (acknowledged, is_complete) = publish(&home, Arc::clone(&disk) as Arc<dyn Disk>);
        disk.lose_unsynced();
        let published = PublishedFolder::at(&home);
        let found = published.current().unwrap();
        let place = found.as_ref().map_or(0, |name| 1 + VERSIONS.iter().position(|version| version == name).unwrap());
        assert!(
            (acknowledged..=acknowledged + 1).contains(&place),
            "cut at {cut}: {acknowledged} acknowledged, but {found:?} is published"
        );
        if let Some(name) = found {
            let (snapshot, damaged) = published.load().unwrap();
            assert!(damaged.is_none() && snapshot.version == name, "cut at {cut}: {damaged:?}");
        }
        assert_eq!(publish(&home, Arc::new(zhihui_pipeline::lake::SystemDisk)), (VERSIONS.len(), true), "cut at {cut}");
        if is_complete {
            assert!(cut > 50, "only {cut} calls were cut");
            return;
        }
    }
}

#[test]
fn a_disk_that_lies_about_syncs_loses_published_snapshots() {
    let folder = TempDir::new().unwrap();
    let disk = Arc::new(PowerDisk::new(usize::MAX, Sync::Lying));
    assert_eq!(publish(folder.path(), Arc::clone(&disk) as Arc<dyn Disk>), (VERSIONS.len(), true));
    disk.lose_unsynced();
    let published = PublishedFolder::at(folder.path());
    assert!(published.current().unwrap().is_none_or(|_| published.load().is_err()));
}

#[test]
fn one_failed_call_keeps_the_snapshot_that_was_published_before() {
    for call in 0.. {
        let folder = TempDir::new().unwrap();
        let disk = failing_once(call);
        let (acknowledged, is_complete) = publish(folder.path(), Arc::clone(&disk) as Arc<dyn Disk>);
        let published = PublishedFolder::at(folder.path());
        if acknowledged > 0 {
            assert!(published.load().is_ok_and(|(_, damaged)| damaged.is_none()), "call {call}");
        }
        if is_complete {
            assert!(call > 50, "only {call} calls were made to fail");
            return;
        }
        assert_eq!(publish(folder.path(), disk).0, VERSIONS.len(), "call {call}: the next attempt does not work");
    }
}

#[test]
fn a_snapshot_is_published_from_another_folder_only_if_its_file_is_whole() {
    let (trained, published) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (from, to) = (PublishedFolder::at(trained.path()), PublishedFolder::at(published.path()));
    assert!(matches!(to.publish_from(&from), Err(PublishError::Nothing(_))));
    from.publish(&empty_snapshot("v1")).unwrap();
    let manifest = to.publish_from(&from).unwrap();
    assert_eq!((manifest.version.as_str(), to.current().unwrap().as_deref()), ("v1", Some("v1")));
    assert_eq!(to.load().unwrap().0, from.load().unwrap().0);
    from.publish(&empty_snapshot("v2")).unwrap();
    let path = trained.path().join("v2/snapshot.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(to.publish_from(&from), Err(PublishError::Snapshot { .. })));
    assert_eq!(to.current().unwrap().as_deref(), Some("v1"), "the last good snapshot stays");
    assert!(!published.path().join("v2").exists());
}
