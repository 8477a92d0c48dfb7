//! A home: the folder with all data of one installation.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use zhihui_api::{Inbox, PostgresServer, Store, StoreLock};
use zhihui_data::{ErasedIds, Zone};
use zhihui_engine::overlay::Consent;
use zhihui_pipeline::build::{BuildOptions, HalfLives};
use zhihui_pipeline::cluster::{self, ClusterOptions, ClusterTls};
use zhihui_pipeline::config::{Config, DATABASE_PASSWORD_ENV, DatabaseConfig};
use zhihui_pipeline::lake::{Disk as _, Lake, LakeLocation, SystemDisk, make_folder, replace_file};
use zhihui_pipeline::publish::PublishedFolder;
use zhihui_pipeline::run_history::RunHistory;
use zhihui_pipeline::sql::{SessionLimits, SpillFolder};

use crate::outcome::refuse;
use crate::{clock, kept_mappings, memory, private_files};

/// Memory for the queries of one command. Sorts and aggregations beyond it spill to disk.
const MEMORY_BYTES: usize = 1 << 30;
/// The commented settings of a new home.
const SETTINGS: &str = include_str!("zhihui.toml");

/// An opened home.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
    /// The temporary files of all queries of this process.
    pub(crate) spill: SpillFolder,
}

impl Home {
    /// Opens an existing home and removes access of other accounts.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let home = Self::open_read_only(folder)?;
        if private_files::protect(folder) {
            crate::output::print_message(&format!(
                "{} was accessible to other accounts of this machine; the access was removed",
                folder.display()
            ));
        }
        Ok(home)
    }

    /// Opens an existing home without changing anything.
    pub(crate) fn open_read_only(folder: &Path) -> anyhow::Result<Self> {
        let settings = folder.join("zhihui.toml");
        if !settings.is_file() {
            bail!(
                "{} is not a home: zhihui.toml is missing; run `zhihui --home {} init`",
                folder.display(),
                folder.display()
            );
        }
        let text = std::fs::read_to_string(&settings).with_context(|| settings.display().to_string())?;
        let mut config = Config::parse(&settings.display().to_string(), &text)?;
        // The settings come before what was kept on the pages.
        let kept = kept_mappings::load(folder)?
            .into_iter()
            .filter(|kept| !config.sources.iter().any(|source| kept.is_for_same_files(source)));
        let kept: Vec<_> = kept.collect();
        config.sources.extend(kept);
        Ok(Self::with_config(folder, config))
    }

    fn with_config(folder: &Path, config: Config) -> Self {
        Self { folder: folder.to_owned(), spill: config.spill.of_home(folder), config }
    }

    /// Opens an existing home without changing anything. A missing or empty folder is a home with the default settings.
    pub(crate) fn open_or_assume(folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Self::open_read_only(folder);
        }
        Ok(Self::with_config(folder, Config::default()))
    }

    /// Opens the lake if it exists; never creates it.
    pub(crate) async fn existing_lake(&self) -> anyhow::Result<Option<Lake>> {
        if self.config.lake.url.is_none() && !self.folder.join("lake").is_dir() {
            return Ok(None);
        }
        self.lake().await.map(Some)
    }

    /// Creates the folders and settings of a home. An existing home is not changed. Returns whether settings were
    /// created.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<bool> {
        for part in ["inbox", "lake", "published"] {
            let path = folder.join(part);
            make_folder(&SystemDisk, &path).with_context(|| format!("cannot create the folder {}", path.display()))?;
        }
        let settings = folder.join("zhihui.toml");
        if settings.exists() {
            return Ok(false);
        }
        replace_file(&SystemDisk, &settings, SETTINGS.as_bytes())
            .with_context(|| format!("cannot write {}", settings.display()))?;
        Ok(true)
    }

    /// Opens a home for writing. A missing or empty folder becomes a new home.
    pub(crate) fn open_or_create(folder: &Path) -> anyhow::Result<Self> {
        let empty = !folder.exists() || folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
        if empty {
            Self::create(folder)?;
            crate::output::print_message(&format!("created a new home in {}", folder.display()));
        }
        Self::open(folder)
    }

    pub(crate) fn zone(&self) -> Zone {
        self.config.zone
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.join("inbox")
    }

    /// Folder of ingested files.
    pub(crate) fn done(&self) -> PathBuf {
        self.inbox().join("done")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("zhihui.db")
    }

    pub(crate) fn published(&self) -> PublishedFolder {
        PublishedFolder::at(&self.folder.join("published"))
    }

    /// Folder of the snapshot that was trained last and may not be published yet.
    pub(crate) fn trained(&self) -> PublishedFolder {
        PublishedFolder::at(&self.folder.join("trained"))
    }

    pub(crate) fn build_options(&self, as_of: DateTime<Utc>, run_id: &str) -> BuildOptions {
        BuildOptions {
            now: clock::now(),
            zone: self.zone(),
            age_bands: self.config.bands(),
            limits: self.work_limits(),
            sensitive_topics: self.config.sensitive_topics.clone(),
            half_lives: HalfLives {
                // Tables and snapshot use the same half-life of preferences.
                topic_days: f64::from(self.config.train.preference_half_life_days),
                ..HalfLives::default()
            },
            ..BuildOptions::at(as_of, run_id)
        }
    }

    /// Returns the limits of queries on the command line.
    pub(crate) fn limits(&self) -> SessionLimits {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        SessionLimits { memory_bytes: MEMORY_BYTES, threads, spill_dir: Some(self.spill.clone()) }
    }

    /// Returns the limits of builds and reports.
    pub(crate) fn work_limits(&self) -> SessionLimits {
        SessionLimits { memory_bytes: memory::query_memory(), ..self.limits() }
    }

    pub(crate) async fn lake(&self) -> anyhow::Result<Lake> {
        Ok(Lake::open(&self.lake_location()?).await?.with_history(self.config.lake.history_days))
    }

    fn lake_location(&self) -> anyhow::Result<LakeLocation> {
        let lake = &self.config.lake;
        let Some(url) = &lake.url else { return Ok(LakeLocation::Local(self.folder.join("lake"))) };
        let url = url.parse().with_context(|| format!("zhihui.toml: lake.url {url:?}"))?;
        Ok(LakeLocation::Url {
            url,
            options: lake.options.clone(),
            lock_dir: self.folder.clone(),
            owner: process_name(),
            lease_term: lake.lease_seconds.term(),
        })
    }

    /// Returns the cluster that builds, if one is set.
    pub(crate) fn cluster(&self) -> anyhow::Result<Option<ClusterOptions>> {
        let settings = &self.config.cluster;
        let Some(scheduler) = settings.scheduler.clone() else { return Ok(None) };
        cluster::require_support()?;
        let tls = self.cluster_tls()?;
        Ok(Some(ClusterOptions { partitions: settings.partitions, tls, ..ClusterOptions::at(scheduler) }))
    }

    /// Reads the certificates of the cluster.
    pub(crate) fn cluster_tls(&self) -> anyhow::Result<Option<ClusterTls>> {
        let Some(files) = &self.config.cluster.tls else { return Ok(None) };
        let read = |file: &Path| {
            let path = self.folder.join(file);
            std::fs::read(&path).with_context(|| format!("[cluster.tls] of zhihui.toml: {}", path.display()))
        };
        let (authority, certificate) = (read(&files.authority)?, read(&files.certificate)?);
        Ok(Some(ClusterTls { authority, certificate, key: read(&files.key)? }))
    }

    /// Returns the secret for drawing hold-outs. It is created once, so that a push always has the same arms.
    pub(crate) fn salt(&self) -> anyhow::Result<String> {
        let path = self.folder.join("hold-out.salt");
        if let Ok(salt) = std::fs::read_to_string(&path) {
            return Ok(salt);
        }
        let salt = random_hex(16)?;
        let temporary = self.folder.join(format!("hold-out-{}", random_hex(4)?));
        replace_file(&SystemDisk, &temporary, salt.as_bytes())
            .and_then(|()| std::fs::hard_link(&temporary, &path))
            .or_else(|error| {
                // Another process created it first: use its salt.
                if path.exists() { Ok(()) } else { Err(error) }
            })?;
        let _ = std::fs::remove_file(&temporary);
        // If the salt were lost in a power failure, a running push would get other arms.
        SystemDisk.sync_folder(&self.folder)?;
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Takes the run lock. Concurrent runs would repeat work and overwrite each other's snapshot.
    pub(crate) fn run_lock(&self) -> anyhow::Result<std::fs::File> {
        self.lock("run.lock", "another run is working")
    }

    /// Takes the lock of sending, on this machine and on the database server. Two processes would send a list twice and exceed
    /// WeChat's requests a minute.
    pub(crate) async fn send_lock(&self) -> anyhow::Result<(std::fs::File, StoreLock)> {
        let file = self.lock("send.lock", "another `zhihui push` is sending")?;
        let elsewhere =
            || refuse(anyhow::anyhow!("another machine is sending a push list; wait for it to end and run again"));
        Ok((file, self.store().await?.try_lock("send").await?.ok_or_else(elsewhere)?))
    }

    /// Takes the lock of the kept mappings.
    pub(crate) fn mappings_lock(&self) -> anyhow::Result<std::fs::File> {
        self.lock("mappings.lock", "somebody else is keeping a mapping")
    }

    /// Takes the lock of scheduled reports. Two processes would send a report twice.
    pub(crate) fn report_lock(&self) -> anyhow::Result<std::fs::File> {
        self.lock("reports.lock", "another process is sending reports")
    }

    fn lock(&self, name: &str, what_runs: &str) -> anyhow::Result<std::fs::File> {
        let path = self.folder.join(name);
        let file = std::fs::File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(refuse(anyhow::anyhow!(
                "{what_runs} in {}; wait for it to end and run again",
                self.folder.display()
            ))),
            Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Returns the server with the state of this home, if it is not in the files of the home.
    pub(crate) fn database_server(&self) -> anyhow::Result<Option<PostgresServer>> {
        let DatabaseConfig { url, schema } = &self.config.database;
        let Some(url) = url else { return Ok(None) };
        let password = std::env::var(DATABASE_PASSWORD_ENV).ok();
        let server = PostgresServer::new(url, password.as_deref(), schema).context("zhihui.toml")?;
        Ok(Some(server))
    }

    /// Whether this home has accounts, consent and lists, or may have them on a server.
    pub(crate) fn has_store(&self) -> bool {
        self.config.database.url.is_some() || self.database().exists()
    }

    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        match self.database_server()? {
            Some(server) => Store::connect(&server).await.with_context(|| server.to_string()),
            None => Store::open(&self.database()).await.context("zhihui.db"),
        }
    }

    /// Returns the consent of members and the erased ids; defaults without a database.
    pub(crate) async fn consent(&self) -> anyhow::Result<(Consent, ErasedIds)> {
        if !self.has_store() {
            return Ok((Consent::default(), ErasedIds::default()));
        }
        let store = self.store().await?;
        let inbox = self.event_inbox().await?;
        let consent = store.consent().load_with_inbox(inbox.id()).await?;
        inbox.close().await;
        Ok((consent, store.erasures().erased_members().await?))
    }

    /// Returns the clock that dates received events.
    pub(crate) fn event_clock(&self) -> zhihui_api::Clock {
        Arc::new(|| clock::now().timestamp())
    }

    pub(crate) async fn event_inbox(&self) -> anyhow::Result<Inbox> {
        let clock = self.event_clock();
        match self.database_server()? {
            Some(server) => Inbox::connect(&server, clock).await.with_context(|| server.to_string()),
            None => Inbox::open(&self.folder.join("inbox.db"), clock).await.context("inbox.db"),
        }
    }

    pub(crate) async fn journal(&self) -> anyhow::Result<RunHistory> {
        Ok(RunHistory::open(&self.database()).await?)
    }

    /// Returns the instant of a command: as typed, else now.
    pub(crate) fn as_of(&self, typed: Option<&str>) -> anyhow::Result<DateTime<Utc>> {
        let at = typed
            .map_or_else(|| Ok(clock::now()), |text| clock::parse_instant(text, self.zone()).context("--as-of"))?;
        Ok(clock::whole_second(at))
    }
}

/// Returns the name of this process for messages of other machines.
pub(crate) fn process_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = if name.trim().is_empty() { "a machine without a name" } else { name.trim() };
    format!("process {} on {machine}", std::process::id())
}

pub(crate) fn random_hex(n_bytes: usize) -> anyhow::Result<String> {
    let mut bytes = vec![0_u8; n_bytes];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("cannot read /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
