//! Support for tests: a home with lake and inbox in a temporary folder, and queries.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tempfile::TempDir;
use zhihui_data::Zone;
use zhihui_pipeline::config::{Config, IngestLimits, Source};
use zhihui_pipeline::ingest::sheet::SheetDecoder;
use zhihui_pipeline::ingest::{FileStatus, IngestError, IngestReport, KnownFiles, Request, Silent, ingest};
use zhihui_pipeline::lake::{Lake, LakeLocation};
use zhihui_pipeline::sql::{Moment, QueryLimits, SessionLimits, query, session};

/// A home with a lake and an inbox.
pub(crate) struct Home {
    pub folder: TempDir,
    pub lake: Lake,
    pub sources: Vec<Source>,
    pub limits: IngestLimits,
    pub decoder: SheetDecoder,
    pub known: KnownFiles,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let lake = Lake::open(&LakeLocation::Local(folder.path().join("lake"))).await.unwrap();
        Self::with(folder, lake)
    }

    pub(crate) fn with(folder: TempDir, lake: Lake) -> Self {
        std::fs::create_dir_all(folder.path().join("inbox")).unwrap();
        std::fs::create_dir_all(folder.path().join("scratch")).unwrap();
        Self {
            folder,
            lake,
            sources: Vec::new(),
            limits: IngestLimits::default(),
            decoder: SheetDecoder::InProcess,
            known: KnownFiles::new(),
        }
    }

    pub(crate) fn with_sources(mut self, text: &str) -> Self {
        self.sources = Config::parse("test.toml", text).unwrap().sources;
        self
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.path().join("inbox")
    }

    /// Writes a file to the inbox.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.inbox().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn request(&self, path: &Path) -> Request {
        Request {
            paths: vec![path.to_owned()],
            excluded: vec![self.inbox().join("done")],
            known: self.known.clone(),
            table: None,
            sources: self.sources.clone(),
            zone: Zone::default(),
            as_of: "2026-11-22T04:00:00Z".parse().unwrap(),
            run_id: "run-1".to_owned(),
            limits: self.limits,
            erased: zhihui_data::ErasedIds::default(),
            decoder: self.decoder.clone(),
            scratch: self.folder.path().join("scratch"),
        }
    }

    pub(crate) async fn try_ingest(&self, path: &Path) -> Result<IngestReport, IngestError> {
        ingest(&self.lake, self.request(path), Arc::new(Silent)).await
    }

    /// Ingests a path, and checks that the counts add up.
    pub(crate) async fn ingest(&self, path: &Path) -> IngestReport {
        self.ingest_all(vec![path.to_owned()]).await
    }

    /// Ingests paths in one request, and checks that the counts add up.
    pub(crate) async fn ingest_all(&self, paths: Vec<PathBuf>) -> IngestReport {
        let request = Request { paths, ..self.request(Path::new("")) };
        let report = ingest(&self.lake, request, Arc::new(Silent)).await.unwrap();
        for counts in report.files.iter().map(|file| &file.counts).chain([&report.totals]) {
            assert_eq!(counts.rows, counts.new + counts.replaced + counts.duplicates + counts.rejected, "{report:#?}");
            assert_eq!(counts.rejected, counts.reject_reasons.values().sum::<u64>(), "{report:#?}");
        }
        report
    }

    /// Returns the result of a query, one line per row.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        self.rows_as_of(None, sql).await
    }

    /// Returns the result of a query as of an instant.
    pub(crate) async fn rows_as_of(&self, as_of: Option<DateTime<Utc>>, sql: &str) -> Vec<String> {
        let limits = SessionLimits { memory_bytes: 1 << 30, threads: 2, spill_dir: None };
        let moment = as_of.map(|as_of| Moment { as_of, built: None });
        let session = session(&self.lake, &limits, moment).await.unwrap();
        let result = query(&session, sql, QueryLimits { time: Duration::from_secs(60), rows: 1_000 }).await.unwrap();
        let cell = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        result.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
    }
}

/// Names and statuses of the files of a report.
pub(crate) fn statuses(report: &IngestReport) -> Vec<(String, FileStatus)> {
    let name = |path: &str| Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
    report.files.iter().map(|file| (name(&file.path), file.status)).collect()
}

/// Reads of numbered members, one per second from 1 November 2026.
pub(crate) fn reads(numbers: std::ops::Range<u32>) -> String {
    let row = |n: u32| {
        format!(
            "m{n},a{},2026-11-{:02} {:02}:{:02}:{:02}\n",
            n % 7,
            1 + n / 86_400,
            n / 3_600 % 24,
            n / 60 % 60,
            n % 60
        )
    };
    ["member_id,article_id,read_at\n".to_owned()].into_iter().chain(numbers.map(row)).collect()
}
