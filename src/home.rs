//! A home: the folder with everything one union's Zhihui has.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use zhihui_api::{Inbox, Store};
use zhihui_data::{ErasedIds, Zone};
use zhihui_engine::overlay::Consent;
use zhihui_pipeline::build::{BuildOptions, HalfLives};
use zhihui_pipeline::config::Config;
use zhihui_pipeline::lake::{Disk as _, Lake, LakeLocation, SystemDisk, make_folder, replace_file};
use zhihui_pipeline::publish::PublishedFolder;
use zhihui_pipeline::run_history::RunHistory;
use zhihui_pipeline::sql::SessionLimits;

use crate::outcome::refuse;
use crate::{clock, memory, private_files};

/// Memory for the queries of one command; beyond it sorts and aggregations spill.
const MEMORY_BYTES: usize = 1 << 30;
/// The commented settings that a new home gets.
const SETTINGS: &str = include_str!("zhihui.toml");

/// An opened home.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
}

impl Home {
    /// Opens a home that must be there, and closes it to other accounts.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let home = Self::examine(folder)?;
        if private_files::protect(folder) {
            crate::output::say(&format!(
                "{} was open to other accounts of this machine; it is closed now",
                folder.display()
            ));
        }
        Ok(home)
    }

    /// Opens a home that must be there, and changes nothing.
    pub(crate) fn examine(folder: &Path) -> anyhow::Result<Self> {
        let settings = folder.join("zhihui.toml");
        if !settings.is_file() {
            bail!(
                "{} is no home: there is no zhihui.toml in it; run `zhihui --home {} init`",
                folder.display(),
                folder.display()
            );
        }
        let text = std::fs::read_to_string(&settings).with_context(|| settings.display().to_string())?;
        let config = Config::parse(&settings.display().to_string(), &text)?;
        Ok(Self { folder: folder.to_owned(), config })
    }

    /// Makes a home: folders and settings. An existing home is left as it is.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<bool> {
        for part in ["inbox", "lake", "published"] {
            let path = folder.join(part);
            make_folder(&SystemDisk, &path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        }
        let settings = folder.join("zhihui.toml");
        if settings.exists() {
            return Ok(false);
        }
        replace_file(&SystemDisk, &settings, SETTINGS.as_bytes())
            .with_context(|| format!("cannot write {}", settings.display()))?;
        Ok(true)
    }

    /// Opens a home for writing; a folder that is missing or empty becomes one.
    pub(crate) fn open_or_create(folder: &Path) -> anyhow::Result<Self> {
        let empty = !folder.exists() || folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
        if empty {
            Self::create(folder)?;
            crate::output::say(&format!("made a new home in {}", folder.display()));
        }
        Self::open(folder)
    }

    pub(crate) fn zone(&self) -> Zone {
        self.config.zone
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.join("inbox")
    }

    /// Where ingested files of the inbox go.
    pub(crate) fn done(&self) -> PathBuf {
        self.inbox().join("done")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("zhihui.db")
    }

    pub(crate) fn published(&self) -> PublishedFolder {
        PublishedFolder::at(&self.folder.join("published"))
    }

    /// What was trained and perhaps not published yet.
    pub(crate) fn trained(&self) -> PublishedFolder {
        PublishedFolder::at(&self.folder.join("trained"))
    }

    /// How the tables are built as of an instant.
    pub(crate) fn build_options(&self, as_of: DateTime<Utc>, run_id: &str) -> BuildOptions {
        BuildOptions {
            now: clock::now(),
            zone: self.zone(),
            age_bands: self.config.bands(),
            limits: self.work_limits(),
            sensitive_topics: self.config.sensitive_topics.clone(),
            half_lives: HalfLives {
                // Tables and snapshot weigh preferences alike.
                topic_days: f64::from(self.config.train.preference_half_life_days),
                ..HalfLives::default()
            },
            ..BuildOptions::at(as_of, run_id)
        }
    }

    /// What a query of the command line may use.
    pub(crate) fn limits(&self) -> SessionLimits {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        SessionLimits { memory_bytes: MEMORY_BYTES, threads, spill_dir: Some(std::env::temp_dir()) }
    }

    /// What a build or a report may use.
    pub(crate) fn work_limits(&self) -> SessionLimits {
        SessionLimits { memory_bytes: memory::for_work(), ..self.limits() }
    }

    pub(crate) async fn lake(&self) -> anyhow::Result<Lake> {
        Ok(Lake::open(&self.lake_location()?).await?.with_history(self.config.lake.history_days))
    }

    fn lake_location(&self) -> anyhow::Result<LakeLocation> {
        let lake = &self.config.lake;
        let Some(url) = &lake.url else { return Ok(LakeLocation::Local(self.folder.join("lake"))) };
        let url = url.parse().with_context(|| format!("zhihui.toml: lake.url {url:?}"))?;
        Ok(LakeLocation::Url { url, options: lake.options.clone(), lock_dir: self.folder.clone() })
    }

    /// The secret by which hold-outs are drawn; made once for a home, so that the same push has the same arms.
    pub(crate) fn salt(&self) -> anyhow::Result<String> {
        let path = self.folder.join("hold-out.salt");
        if let Ok(salt) = std::fs::read_to_string(&path) {
            return Ok(salt);
        }
        let salt = random_hex(16)?;
        let beside = self.folder.join(format!("hold-out-{}", random_hex(4)?));
        replace_file(&SystemDisk, &beside, salt.as_bytes()).and_then(|()| std::fs::hard_link(&beside, &path)).or_else(
            |error| {
                // Another process made it first: its salt holds.
                if path.exists() { Ok(()) } else { Err(error) }
            },
        )?;
        let _ = std::fs::remove_file(&beside);
        // A salt that were lost with the power would draw other arms for a push that has begun.
        SystemDisk.sync_folder(&self.folder)?;
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Held while a run goes on: two at once would do the same work twice and publish one over the other.
    pub(crate) fn run_lock(&self) -> anyhow::Result<std::fs::File> {
        let path = self.folder.join("run.lock");
        let file = std::fs::File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(refuse(anyhow::anyhow!(
                "another run works in {}; it takes what lies in inbox/, so wait for it and run again",
                self.folder.display()
            ))),
            Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        Store::open(&self.database()).await.context("zhihui.db")
    }

    /// What members asked for, and who was erased; nothing where no database was made yet.
    pub(crate) async fn wishes(&self) -> anyhow::Result<(Consent, ErasedIds)> {
        if !self.database().exists() {
            return Ok((Consent::default(), ErasedIds::default()));
        }
        let store = self.store().await?;
        let inbox = self.events().await?;
        let wishes = store.consent().load_with_inbox(inbox.id()).await?;
        inbox.close().await;
        Ok((wishes, store.erasures().erased_members().await?))
    }

    /// The inbox of events.
    pub(crate) async fn events(&self) -> anyhow::Result<Inbox> {
        let wall: zhihui_api::Clock = Arc::new(|| clock::now().timestamp());
        Inbox::open(&self.folder.join("inbox.db"), wall).await.context("inbox.db")
    }

    pub(crate) async fn journal(&self) -> anyhow::Result<RunHistory> {
        Ok(RunHistory::open(&self.database()).await?)
    }

    /// The instant a command looks at: what was typed, else now.
    pub(crate) fn as_of(&self, typed: Option<&str>) -> anyhow::Result<DateTime<Utc>> {
        let at = typed.map_or_else(|| Ok(clock::now()), |text| clock::instant(text, self.zone()).context("--as-of"))?;
        Ok(clock::whole_second(at))
    }
}

/// So many random bytes as hexadecimal text.
pub(crate) fn random_hex(n_bytes: usize) -> anyhow::Result<String> {
    let mut bytes = vec![0_u8; n_bytes];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("no randomness")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
