//! The lake: Delta tables in a local folder or an S3-compatible bucket, with durable, atomic, exactly-once commits.
//!
//! Only this crate writes it. Readers see complete versions; a damaged log is an error.

mod checkpoint;
mod collapse;
mod commit;
mod compact;
mod disk;
mod durable;
mod error;
mod fence;
mod file_target;
mod history;
mod holder;
mod lease;
mod location;
mod lock;
mod log;
mod maintain;
mod open_file;
mod opened_tables;
mod probe;
pub mod raw;
mod read;
mod rows_hash;
mod source;
mod spec;
mod stats;
mod table;
mod temporary;
mod transfer;
mod upload;
mod vacuum;
mod writer;
mod writer_status;

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
pub use disk::{Disk, SystemDisk, make_folder, replace_file, replace_file_with};
pub use durable::DurableStore;
pub use error::LakeError;
use fence::Permission;
#[cfg(feature = "cluster")]
pub(crate) use file_target::FileTarget;
pub use history::HistoryDays;
use holder::{CurrentHold, Hold};
use lease::LeaseObject;
pub use location::LakeLocation;
use location::Opened;
pub use lock::LakeLock;
pub use maintain::{MaintainReport, TableMaintenance, maintain};
pub use opened_tables::OpenedTables;
pub(crate) use rows_hash::RowsHash;
pub use spec::TableSpec;
use table::OldRows;
pub use table::{DataFile, LakeTable};
pub use writer::{TableWriter, Written};
pub use writer_status::WriterStatus;

/// An open lake. Clones share it.
#[derive(Debug, Clone)]
pub struct Lake {
    inner: Arc<Inner>,
    history: HistoryDays,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn ObjectStore>,
    lock_file: PathBuf,
    /// The writer's lease of a lake in an object store.
    lease: Option<Leases>,
    hold: CurrentHold,
}

#[derive(Debug)]
struct Leases {
    object: LeaseObject,
    /// The same with connections of its own, for the thread that renews the lease.
    renewals: LeaseObject,
}

impl Lake {
    /// Opens the lake and creates the folder of a local lake.
    ///
    /// # Errors
    /// If the location is invalid; [`LakeError::NoHardLinks`] or [`LakeError::NoConditionalPut`] if commits would not be atomic.
    pub async fn open(location: &LakeLocation) -> Result<Self, LakeError> {
        let Opened { store, lock_file, lease } = location.open()?;
        if let LakeLocation::Url { url, .. } = location {
            probe::check(url.as_str(), store.as_ref()).await?;
        }
        let leases = lease.map(|(renewals, owner, term)| Leases {
            object: LeaseObject::new(Arc::clone(&store), owner.clone(), term),
            renewals: LeaseObject::new(renewals, owner, term),
        });
        Ok(Self::of(store, lock_file, leases))
    }

    /// Opens a lake on the caller's implementation of a disk, for tests of power failures.
    ///
    /// # Errors
    /// Those of [`Lake::open`].
    pub fn on_disk(root: &FsPath, disk: Arc<dyn Disk>) -> Result<Self, LakeError> {
        let store = location::local_store(root, disk)?;
        Ok(Self::of(store, root.join(".lock"), None))
    }

    /// Opens a lake in the caller's remote store, which must support conditional puts. `owner` takes the writer's lease, which
    /// others may take over after `term` without a renewal.
    #[must_use]
    pub fn in_store(store: Arc<dyn ObjectStore>, lock_file: PathBuf, owner: &str, term: Duration) -> Self {
        let object = LeaseObject::new(Arc::clone(&store), owner.to_owned(), term);
        Self::of(store, lock_file, Some(Leases { renewals: object.clone(), object }))
    }

    fn of(store: Arc<dyn ObjectStore>, lock_file: PathBuf, lease: Option<Leases>) -> Self {
        let inner = Inner { store, lock_file, lease, hold: CurrentHold::default() };
        Self { inner: Arc::new(inner), history: HistoryDays::default() }
    }

    /// Sets the length of the history.
    #[must_use]
    pub fn with_history(self, history: HistoryDays) -> Self {
        Self { history, ..self }
    }

    fn history(&self) -> HistoryDays {
        self.history
    }

    /// Opens a table at its newest version; `None` if it does not exist.
    ///
    /// # Errors
    /// [`LakeError::TornCommit`] if the log is damaged, [`LakeError::Unsupported`] if the table uses an unsupported feature.
    pub async fn table(&self, name: &str) -> Result<Option<LakeTable>, LakeError> {
        spec::check_name(name)?;
        LakeTable::load(self, name).await
    }

    /// Opens the table of a spec; `None` if it does not exist. New columns of the spec are null in the existing rows, and the next
    /// commit adds them to the table.
    ///
    /// # Errors
    /// Those of [`Lake::table`], and [`LakeError::SchemaMismatch`] if the table has other partitions, a column of another type, or
    /// a column that is not in the spec.
    pub async fn table_of(&self, spec: &TableSpec) -> Result<Option<LakeTable>, LakeError> {
        let Some(mut table) = self.table(&spec.name).await? else { return Ok(None) };
        if spec.adds_columns(&table.schema(), table.partition_by())? {
            table.adopt(spec, OldRows::Kept)?;
        }
        Ok(Some(table))
    }

    /// Opens the table of a spec, or creates it.
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

    /// Opens or creates the table of a spec for a caller that can derive all rows again. If the table has other columns or
    /// partitions, its next commit changes them and must replace every row: see [`LakeTable::must_be_replaced`].
    ///
    /// # Errors
    /// Those of [`Lake::table`].
    pub async fn create_derived(&self, spec: &TableSpec) -> Result<LakeTable, LakeError> {
        spec.check()?;
        let Some(mut table) = self.table(&spec.name).await? else { return self.create_new(spec).await };
        match spec.adds_columns(&table.schema(), table.partition_by()) {
            Ok(false) => {}
            Ok(true) | Err(LakeError::SchemaMismatch { .. }) => table.adopt(spec, OldRows::Replaced)?,
            Err(error) => return Err(error),
        }
        Ok(table)
    }

    async fn create_new(&self, spec: &TableSpec) -> Result<LakeTable, LakeError> {
        let permission = self.permit(&spec.name, None).await?;
        let attempt = Uuid::new_v4().to_string();
        // Three actions: the commit's info, the protocol and the metadata.
        let info = [(log::ACTIONS.to_owned(), json!(3)), (log::ATTEMPT.to_owned(), json!(attempt))];
        let properties =
            CommitProperties::default().with_metadata(info).with_max_retries(0).with_create_checkpoint(false);
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
            // If another process created the table first, use that one. If this attempt created it despite the error, the sync
            // failed on a local disk, or a remote store's response was lost.
            match log::read_commit(self.store(), &spec.name, 0).await? {
                None => return Err(failed(error)),
                Some(found) if found.attempt == Some(attempt) && self.is_local() => return Err(failed(error)),
                Some(_) => {}
            }
        }
        permission.into_iter().for_each(Permission::resolve);
        self.table_of(spec).await?.ok_or_else(|| failed(deltalake::DeltaTableError::NotInitialized))
    }

    /// Returns the names of all tables, sorted.
    ///
    /// # Errors
    /// If the store cannot be listed.
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

    /// Takes the writer's lock without waiting for a writer that is at work. Waits for the term of a lease whose holder died.
    ///
    /// # Errors
    /// [`LakeError::Busy`] if another process holds it.
    pub async fn lock(&self) -> Result<LakeLock, LakeError> {
        self.lock_within(Duration::ZERO).await
    }

    /// Takes the writer's lock, waiting up to `timeout` for another process.
    ///
    /// # Errors
    /// [`LakeError::Busy`] if another process still holds it then.
    pub async fn lock_within(&self, timeout: Duration) -> Result<LakeLock, LakeError> {
        LakeLock::wait(self, timeout).await
    }

    /// The store whose root is the lake.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.store
    }

    /// Creates and returns a folder for temporary files. `maintain` deletes files that a crash left in it.
    pub(crate) fn scratch(&self) -> Result<PathBuf, LakeError> {
        let parent = self.inner.lock_file.parent().unwrap_or(FsPath::new("."));
        let folder = parent.join(durable::STAGING).join("spill");
        std::fs::create_dir_all(&folder).map_err(|source| LakeError::Io {
            what: "creating the folder",
            path: folder.display().to_string(),
            source,
        })?;
        Ok(folder)
    }

    /// Whether the lake is in an object store.
    #[must_use]
    pub fn is_in_object_store(&self) -> bool {
        !self.is_local()
    }

    fn is_local(&self) -> bool {
        self.inner.lease.is_none()
    }

    /// The writer's lease; `None` for a local lake.
    fn lease_object(&self) -> Option<&LeaseObject> {
        self.inner.lease.as_ref().map(|lease| &lease.object)
    }

    /// The lease that this lake or a clone holds now.
    fn current_hold(&self) -> Option<Arc<Hold>> {
        self.inner.hold.get()
    }

    fn log_store(&self, table: &str) -> Result<LogStoreRef, LakeError> {
        // A custom scheme keeps machine paths out of the log and works for every store.
        let url = Url::parse(&format!("lake://tables/{table}/"))
            .map_err(|error| LakeError::Location(format!("{table}: {error}")))?;
        let prefixed = PrefixStore::new(Arc::clone(self.store()), table);
        Ok(default_logstore(Arc::new(prefixed), Arc::clone(self.store()), &url, &StorageConfig::default()))
    }
}
