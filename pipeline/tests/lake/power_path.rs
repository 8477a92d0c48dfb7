//! The whole path on a disk that loses what was not synced, or that fails once: ingest, build, maintain, publish.

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
use zhihui_pipeline::publish::PublishedFolder;

use crate::power_disk::{PowerDisk, Sync};
use crate::support::{lake, noon};

/// Rows of one file.
const ROWS: u64 = 10;

/// What was acknowledged before the power went.
#[derive(Debug, Default, PartialEq, Eq)]
struct Done {
    files: u64,
    builds: u32,
    maintained: bool,
}

/// Files that can be ingested, beside the lake.
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

    /// Two files, a build, a third file, maintenance that deletes at once, a build.
    async fn work(&self, disk: Arc<dyn Disk>) -> (Done, Option<String>) {
        let mut done = Done::default();
        let result = async {
            let lake = Lake::on_disk(&self.root(), disk).map_err(|error| error.to_string())?;
            for number in 0..3 {
                self.ingest(&lake, number).await?;
                done.files += 1;
                if number > 0 {
                    make(&lake).await?;
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

async fn make(lake: &Lake) -> Result<(), String> {
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

/// The path is cut at so many moments, then gone again to its end.
async fn insist(moments: usize) {
    let whole = Home::new();
    let disk = Arc::new(PowerDisk::new(usize::MAX, Sync::Honest));
    let (done, error) = whole.work(Arc::clone(&disk) as Arc<dyn Disk>).await;
    assert_eq!((done, error), (Done { files: 3, builds: 2, maintained: true }, None));
    let (calls, expected) = (disk.calls(), rows(&whole.root()).await);
    assert!(calls > 200, "only {calls} calls");
    for moment in 0..moments {
        // Spread over the whole path, at steps that share no factor with what repeats in it.
        let cut = (moment * calls / moments + moment * 7) % calls;
        let home = Home::new();
        let disk = Arc::new(PowerDisk::new(cut, Sync::Honest));
        let (done, error) = home.work(Arc::clone(&disk) as Arc<dyn Disk>).await;
        assert!(error.is_some(), "cut at {cut} of {calls} went unnoticed");
        disk.lose_unsynced();
        let found = rows(&home.root()).await;
        let reads = found.get("raw/reads").copied().unwrap_or(0);
        assert_eq!(reads % ROWS, 0, "cut at {cut}: half a file");
        let files = reads / ROWS;
        assert!((done.files..=done.files + 1).contains(&files), "cut at {cut}: {done:?}, yet {files} files");
        if done.builds > 0 {
            let built = |name: &&String| name.starts_with("built/");
            let missing: Vec<_> = expected.keys().filter(built).filter(|name| !found.contains_key(*name)).collect();
            assert!(missing.is_empty(), "cut at {cut}: {missing:?} were built and are gone");
        }
        let again = lake(&home.root()).await;
        for number in 0..3 {
            home.ingest(&again, number).await.unwrap();
        }
        make(&again).await.unwrap_or_else(|error| panic!("cut at {cut}: no build after it: {error}"));
        assert_eq!(rows(&home.root()).await, expected, "cut at {cut}");
    }
}

/// Moments tried; `ZHIHUI_POWER_CUTS=200` takes minutes and tries more of the same path.
fn moments() -> usize {
    std::env::var("ZHIHUI_POWER_CUTS").map_or(12, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_build_and_maintain_lose_nothing_wherever_the_power_goes() {
    insist(moments()).await;
}

/// A disk on which one call fails and the next works.
fn once_failing(call: usize) -> Arc<PowerDisk> {
    Arc::new(PowerDisk::new(usize::MAX, Sync::Honest).failing_once(call))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_call_stops_an_ingest_and_the_next_one_completes_it() {
    for call in 0.. {
        let home = Home::new();
        let disk = once_failing(call);
        let mut failed = 0;
        for number in [0, 0, 1, 1] {
            // A failed sync is the end of a lake; the next process begins anew.
            let opened = Lake::on_disk(&home.root(), Arc::clone(&disk) as Arc<dyn Disk>);
            let result = match opened {
                Ok(lake) => home.ingest(&lake, number).await,
                Err(error) => Err(error.to_string()),
            };
            failed += usize::from(result.is_err_and(|error| !error.is_empty()));
        }
        assert!(failed <= 1, "call {call} failed once and was felt {failed} times");
        assert_eq!(rows(&home.root()).await["raw/reads"], 2 * ROWS, "call {call}");
        assert_eq!(rows(&home.root()).await["raw/rejects"], 2, "call {call}");
        if disk.calls() < call {
            assert!(call > 40, "only {call} calls were made to fail");
            return;
        }
    }
}

/// A sound snapshot of nobody.
fn nobody(version: &str) -> Snapshot {
    let mut snapshot = Snapshot { version: version.to_owned(), ..Snapshot::default() };
    let bands = snapshot.age_bands.count();
    snapshot.model.preferences.prior_weight = vec![0.0; bands];
    snapshot.model.preferences.evidence = SparseRows::from_rows(Vec::<Vec<(u32, f32)>>::new());
    snapshot.model.neighbours = SparseRows::from_rows(Vec::<Vec<(u32, f32)>>::new());
    snapshot
}

const VERSIONS: [&str; 5] = ["v1", "v2", "v3", "v4", "v5"];

/// Publishes one after the other until it fails; gives how many were acknowledged, and whether all were.
fn publish(folder: &Path, disk: Arc<dyn Disk>) -> (usize, bool) {
    let published = PublishedFolder::on_disk(folder, disk);
    let acknowledged = VERSIONS.iter().take_while(|version| published.publish(&nobody(version)).is_ok()).count();
    (acknowledged, acknowledged == VERSIONS.len())
}

#[test]
fn what_was_published_serves_wherever_the_power_goes() {
    for cut in 0.. {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(PowerDisk::new(cut, Sync::Honest));
        let home = folder.path().join("published");
        let (acknowledged, whole) = publish(&home, Arc::clone(&disk) as Arc<dyn Disk>);
        disk.lose_unsynced();
        let published = PublishedFolder::at(&home);
        let found = published.current().unwrap();
        let place = found.as_ref().map_or(0, |name| 1 + VERSIONS.iter().position(|version| version == name).unwrap());
        assert!((acknowledged..=acknowledged + 1).contains(&place), "cut at {cut}: {acknowledged}, yet {found:?}");
        if let Some(name) = found {
            let (snapshot, damaged) = published.load().unwrap();
            assert!(damaged.is_none() && snapshot.version == name, "cut at {cut}: {damaged:?}");
        }
        assert_eq!(publish(&home, Arc::new(zhihui_pipeline::lake::SystemDisk)), (VERSIONS.len(), true), "cut at {cut}");
        if whole {
            assert!(cut > 50, "only {cut} moments were tried");
            return;
        }
    }
}

#[test]
fn a_disk_that_lies_about_syncs_loses_what_was_published() {
    let folder = TempDir::new().unwrap();
    let disk = Arc::new(PowerDisk::new(usize::MAX, Sync::Lying));
    assert_eq!(publish(folder.path(), Arc::clone(&disk) as Arc<dyn Disk>), (VERSIONS.len(), true));
    disk.lose_unsynced();
    let published = PublishedFolder::at(folder.path());
    assert!(published.current().unwrap().is_none_or(|_| published.load().is_err()));
}

#[test]
fn one_failed_call_leaves_what_was_published_before() {
    for call in 0.. {
        let folder = TempDir::new().unwrap();
        let disk = once_failing(call);
        let (acknowledged, whole) = publish(folder.path(), Arc::clone(&disk) as Arc<dyn Disk>);
        let published = PublishedFolder::at(folder.path());
        if acknowledged > 0 {
            assert!(published.load().is_ok_and(|(_, damaged)| damaged.is_none()), "call {call}");
        }
        if whole {
            assert!(call > 50, "only {call} calls were made to fail");
            return;
        }
        assert_eq!(publish(folder.path(), disk).0, VERSIONS.len(), "call {call}: the next attempt does not work");
    }
}
