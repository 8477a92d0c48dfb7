//! The lake: Delta tables in a local folder or an S3-compatible bucket, with durable, atomic, exactly-once commits.
//!
//! Only this crate writes it. Readers see whole versions; a damaged log is an error, never a smaller table.

mod checkpoint;
mod collapse;
mod commit;
mod compact;
mod content;
mod disk;
mod durable;
mod error;
mod history;
mod location;
mod lock;
mod log;
mod maintain;
mod open_file;
pub mod raw;
mod read;
mod source;
mod spec;
mod stats;
mod table;
mod upload;
mod vacuum;
mod writer;

use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deltalake::kernel::transaction::CommitProperties;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake::operations::create::CreateBuilder;
use futures::StreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use serde_json::json;
use url::Url;
use uuid::Uuid;

pub use commit::{CommitInfo, CommitMode};
pub use disk::{Disk, SystemDisk, make_folder, replace_file};
pub use durable::DurableStore;
pub use error::LakeError;
pub use history::HistoryDays;
pub use location::LakeLocation;
pub use lock::LakeLock;
pub use maintain::{MaintainReport, TableMaintenance, maintain};
pub use spec::TableSpec;
use table::Rows;
pub use table::{DataFile, LakeTable};
pub use writer::{TableWriter, Written};

/// An open lake; clones share it.
#[derive(Debug, Clone)]
pub struct Lake {
    inner: Arc<Inner>,
    history: HistoryDays,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn ObjectStore>,
    lock_file: PathBuf,
    local: bool,
}

impl Lake {
    /// Opens the lake, making the folder of a local one.
    ///
    /// # Errors
    /// A location that cannot be used, and [`LakeError::NoHardLinks`] for a volume on which commits are not atomic.
    pub async fn open(location: &LakeLocation) -> Result<Self, LakeError> {
        let (store, lock_file) = location.store()?;
        let local = matches!(location, LakeLocation::Local(_));
        Ok(Self::of(Inner { store, lock_file, local }))
    }

    /// A lake on a local disk of the caller's making, for tests of power cuts.
    ///
    /// # Errors
    /// Those of [`Lake::open`].
    pub fn on_disk(root: &FsPath, disk: Arc<dyn Disk>) -> Result<Self, LakeError> {
        let store = location::local_store(root, disk)?;
        Ok(Self::of(Inner { store, lock_file: root.join(".lock"), local: true }))
    }

    /// A lake in a remote store of the caller's making, which must honour "create only if absent".
    #[must_use]
    pub fn in_store(store: Arc<dyn ObjectStore>, lock_file: PathBuf) -> Self {
        Self::of(Inner { store, lock_file, local: false })
    }

    fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), history: HistoryDays::default() }
    }

    /// The lake with another length of its history.
    #[must_use]
    pub fn with_history(self, history: HistoryDays) -> Self {
        Self { history, ..self }
    }

    fn history(&self) -> HistoryDays {
        self.history
    }

    /// The table of this name at its newest version, `None` if it was not created yet.
    ///
    /// # Errors
    /// [`LakeError::TornCommit`] for a damaged log, [`LakeError::Unsupported`] for a table of another program.
    pub async fn table(&self, name: &str) -> Result<Option<LakeTable>, LakeError> {
        spec::check_name(name)?;
        LakeTable::load(self, name).await
    }

    /// The table of this plan, `None` if it was not created yet. Columns that an earlier release did not know are missing
    /// values in its rows, and become the table's with its next commit.
    ///
    /// # Errors
    /// Those of [`Lake::table`], and [`LakeError::SchemaMismatch`] where the table has other partitions, a column of another
    /// type, or one that is not in the plan.
    pub async fn table_of(&self, spec: &TableSpec) -> Result<Option<LakeTable>, LakeError> {
        let Some(mut table) = self.table(&spec.name).await? else { return Ok(None) };
        if spec.adds_columns(&table.schema(), table.partition_by())? {
            table.adopt(spec, Rows::Kept)?;
        }
        Ok(Some(table))
    }

    /// The table of this plan, created if it does not exist.
    ///
    /// # Errors
    /// Those of [`Lake::table_of`].
    pub async fn create(&self, spec: &TableSpec) -> Result<LakeTable, LakeError> {
        spec.check()?;
        match self.table_of(spec).await? {
            Some(table) => Ok(table),
            None => self.create_new(spec).await,
        }
    }

    /// The table of this plan for a caller that writes its rows anew. A table with other columns or partitions takes those of
    /// the plan with its next commit, which has to replace every row: see [`LakeTable::must_be_replaced`].
    ///
    /// # Errors
    /// Those of [`Lake::table`].
    pub async fn create_derived(&self, spec: &TableSpec) -> Result<LakeTable, LakeError> {
        spec.check()?;
        let Some(mut table) = self.table(&spec.name).await? else { return self.create_new(spec).await };
        match spec.adds_columns(&table.schema(), table.partition_by()) {
            Ok(false) => {}
            Ok(true) | Err(LakeError::SchemaMismatch { .. }) => table.adopt(spec, Rows::Replaced)?,
            Err(error) => return Err(error),
        }
        Ok(table)
    }

    async fn create_new(&self, spec: &TableSpec) -> Result<LakeTable, LakeError> {
        let attempt = Uuid::new_v4().to_string();
        // Three actions: the commit's info, the protocol and the metadata.
        let notes = [(log::ACTIONS.to_owned(), json!(3)), (log::ATTEMPT.to_owned(), json!(attempt))];
        let properties =
            CommitProperties::default().with_metadata(notes).with_max_retries(0).with_create_checkpoint(false);
        let statistics = (table::STATISTICS, Some(spec.statistics.join(",")));
        let created = CreateBuilder::new()
            .with_log_store(self.log_store(&spec.name)?)
            .with_columns(spec.fields()?)
            .with_partition_columns(spec.partition_by.clone())
            .with_configuration([statistics])
            .with_commit_properties(properties)
            .await;
        let failed = |source: deltalake::DeltaTableError| LakeError::Delta {
            table: spec.name.clone(),
            what: "creating",
            source: source.into(),
        };
        if let Err(error) = created {
            // Another process may have been quicker, then its table counts. A table of our own with an error is one whose
            // sync failed on a local disk, or whose answer was lost by a remote store.
            match log::read_commit(self.store(), &spec.name, 0).await? {
                None => return Err(failed(error)),
                Some(found) if found.attempt == Some(attempt) && self.is_local() => return Err(failed(error)),
                Some(_) => {}
            }
        }
        self.table_of(spec).await?.ok_or_else(|| failed(deltalake::DeltaTableError::NotInitialized))
    }

    /// The names of all tables, sorted.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn tables(&self) -> Result<Vec<String>, LakeError> {
        let failed = |source| LakeError::Store { table: "the lake".to_owned(), what: "listing tables", source };
        let areas = self.store().list_with_delimiter(None).await.map_err(failed)?;
        let mut names = Vec::new();
        for area in areas.common_prefixes {
            let found = self.store().list_with_delimiter(Some(&area)).await.map_err(failed)?;
            for table in found.common_prefixes {
                let log = Path::from(format!("{table}/_delta_log"));
                if spec::check_name(table.as_ref()).is_ok() && self.store().list(Some(&log)).next().await.is_some() {
                    names.push(table.to_string());
                }
            }
        }
        names.sort();
        Ok(names)
    }

    /// Takes the lock of the single writer, at once or not at all.
    ///
    /// # Errors
    /// [`LakeError::Busy`] when another process has it.
    pub fn lock(&self) -> Result<LakeLock, LakeError> {
        LakeLock::take(&self.inner.lock_file)
    }

    /// Takes the lock of the single writer as soon as it is free, waiting as long as `patience`.
    ///
    /// # Errors
    /// [`LakeError::Busy`] when another process still has it then.
    pub async fn lock_within(&self, patience: Duration) -> Result<LakeLock, LakeError> {
        LakeLock::wait(&self.inner.lock_file, patience).await
    }

    /// The store whose root is the lake.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.store
    }

    /// A folder for files of the moment, made if missing; what a crash leaves in it goes with `maintain`.
    pub(crate) fn scratch(&self) -> Result<PathBuf, LakeError> {
        let beside = self.inner.lock_file.parent().unwrap_or(FsPath::new("."));
        let folder = beside.join(durable::STAGING).join("spill");
        std::fs::create_dir_all(&folder).map_err(|source| LakeError::Io {
            what: "creating the folder",
            path: folder.display().to_string(),
            source,
        })?;
        Ok(folder)
    }

    fn is_local(&self) -> bool {
        self.inner.local
    }

    fn log_store(&self, table: &str) -> Result<LogStoreRef, LakeError> {
        // A scheme of our own keeps machine paths out of the log and works for every store alike.
        let url = Url::parse(&format!("lake://tables/{table}/"))
            .map_err(|error| LakeError::Location(format!("{table}: {error}")))?;
        let prefixed = PrefixStore::new(Arc::clone(self.store()), table);
        Ok(default_logstore(Arc::new(prefixed), Arc::clone(self.store()), &url, &StorageConfig::default()))
    }
}
