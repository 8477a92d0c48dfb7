//! A commit: what it replaces, which application transactions it carries, and what the log may say about it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, Remove, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use serde_json::json;
use uuid::Uuid;

use super::log::{self, ACTIONS, ATTEMPT};
use super::{DataFile, LakeError, LakeTable, Written, checkpoint};

/// What becomes of the rows that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitMode {
    /// They stay; the new rows are added.
    Append,
    /// They go; the table holds the new rows alone.
    ReplaceAll,
    /// Those in these partitions go. A partition is given by the values of all partition columns.
    ReplacePartitions(Vec<BTreeMap<String, String>>),
    /// Those in these files go.
    Files {
        /// The files, as [`LakeTable::files`] gives them.
        remove: Vec<DataFile>,
    },
}

/// What the log says about a commit. Nothing personal belongs here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// One word for what was done: "ingest", "build", "compact".
    pub operation: String,
    /// The run that did it.
    pub run_id: String,
    /// When; also the age of removed files for a later vacuum.
    pub at: DateTime<Utc>,
}

impl LakeTable {
    /// Commits written files and gives the new version. Either all of it happens, durably, or none of it.
    ///
    /// A commit without files and transactions that removes nothing leaves the version as it is. New columns of the table, see
    /// [`super::Lake::table_of`], are part of the commit.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] when the table moved on since it was opened, [`LakeError::AlreadyDone`] when one of the
    /// transactions is in the table already, at this version or a later one. Files of a commit that failed are never
    /// deleted here; `maintain` finds those that no version names.
    pub async fn commit(
        &mut self,
        written: Written,
        mode: CommitMode,
        transactions: Vec<(String, i64)>,
        info: CommitInfo,
    ) -> Result<i64, LakeError> {
        self.refuse_done(&transactions)?;
        let removed = self.removed(&mode)?;
        if written.files.is_empty() && removed.is_empty() && transactions.is_empty() && self.new_columns.is_none() {
            return Ok(self.version());
        }
        if self.must_be_replaced() && removed.len() < self.files().len() {
            let detail = "its columns changed, but not all of its rows were replaced".to_owned();
            return Err(LakeError::SchemaMismatch { table: self.name.clone(), detail });
        }
        let attempt = Uuid::new_v4().to_string();
        let new_metadata = self.new_columns.clone().map(|new| Action::Metadata(new.metadata));
        let has_new_columns = new_metadata.is_some();
        let actions: Vec<Action> = new_metadata.into_iter().chain(actions(&written, &removed, &info)).collect();
        let properties = properties(actions.len(), &transactions, &attempt, &info);
        let operation = DeltaOperation::Write {
            mode: if removed.is_empty() { SaveMode::Append } else { SaveMode::Overwrite },
            partition_by: Some(self.partition_by().to_vec()).filter(|columns| !columns.is_empty()),
            predicate: None,
        };
        let state = self.state.clone();
        let prepared = CommitBuilder::from(properties).with_actions(actions).build(
            Some(&state),
            Arc::clone(&self.log_store),
            operation,
        );
        let prepared = prepared.into_prepared_commit_future().await.map_err(|source| self.refused(source))?;
        match prepared.await {
            Ok(committed) => match committed.await {
                Ok(finished) if !has_new_columns => self.move_to(finished.snapshot())?,
                Ok(_) | Err(_) => self.reload().await?,
            },
            Err(error) => self.settle(&attempt, &transactions, error).await?,
        }
        self.transactions.extend(transactions);
        checkpoint::when_due(self).await;
        Ok(self.version())
    }

    fn refuse_done(&self, transactions: &[(String, i64)]) -> Result<(), LakeError> {
        for (app_id, version) in transactions {
            if let Some(done) = self.transaction(app_id).filter(|done| done >= version) {
                let (table, app_id) = (self.name.clone(), app_id.clone());
                return Err(LakeError::AlreadyDone { table, app_id, version: done });
            }
        }
        Ok(())
    }

    /// The files that a mode removes.
    fn removed(&self, mode: &CommitMode) -> Result<Vec<DataFile>, LakeError> {
        let files = self.files().into_iter();
        Ok(match mode {
            CommitMode::Append => Vec::new(),
            CommitMode::ReplaceAll => files.collect(),
            CommitMode::ReplacePartitions(partitions) => {
                files.filter(|file| partitions.contains(&file.partition)).collect()
            }
            CommitMode::Files { remove } => {
                let named: BTreeSet<&str> = remove.iter().map(|file| file.path.as_str()).collect();
                let found: Vec<DataFile> = files.filter(|file| named.contains(file.path.as_str())).collect();
                if found.len() != named.len() {
                    return Err(self.conflict());
                }
                found
            }
        })
    }

    /// Finds out what became of a commit that returned an error, from the log itself.
    async fn settle(
        &mut self,
        attempt: &str,
        transactions: &[(String, i64)],
        error: deltalake::DeltaTableError,
    ) -> Result<(), LakeError> {
        let tried = self.version() + 1;
        let unknown = |why: String| LakeError::UnknownOutcome { table: self.name.clone(), version: tried, why };
        let found = log::read_commit(self.lake.store(), &self.name, tried).await;
        match found.map_err(|second| unknown(format!("{error}; {second}")))? {
            None => Err(self.refused(error)),
            // On a local disk the name can be there while its sync failed: never report that as done.
            Some(commit) if commit.attempt.as_deref() == Some(attempt) && self.lake.is_local() => {
                Err(unknown(error.to_string()))
            }
            Some(commit) if commit.attempt.as_deref() == Some(attempt) => self.reload().await,
            Some(_) => {
                let conflict = self.conflict();
                self.reload().await?;
                self.refuse_done(transactions)?;
                Err(conflict)
            }
        }
    }

    async fn reload(&mut self) -> Result<(), LakeError> {
        if let Some(newest) = Self::load(&self.lake, &self.name).await? {
            *self = newest;
        }
        Ok(())
    }

    fn conflict(&self) -> LakeError {
        LakeError::Conflict { table: self.name.clone(), read_version: self.version() }
    }

    fn refused(&self, source: deltalake::DeltaTableError) -> LakeError {
        LakeError::Delta { table: self.name.clone(), what: "committing to", source: source.into() }
    }
}

/// What the commit removes, then what it adds.
fn actions(written: &Written, removed: &[DataFile], info: &CommitInfo) -> Vec<Action> {
    let data_change = info.operation != super::compact::OPERATION;
    let removed = removed.iter().map(|file| Action::Remove(remove(file, info, data_change)));
    removed.chain(written.files.iter().map(|file| Action::Add(add(file, written, info, data_change)))).collect()
}

/// The rest of the commit: its transactions, and what the log says about it.
fn properties(actions: usize, transactions: &[(String, i64)], attempt: &str, info: &CommitInfo) -> CommitProperties {
    // Delta puts the commit's info before the actions and the transactions behind them.
    let metadata = [
        (ACTIONS, json!(actions + transactions.len() + 1)),
        (ATTEMPT, json!(attempt)),
        ("zhihuiOperation", json!(info.operation)),
        ("zhihuiRun", json!(info.run_id)),
    ];
    let millis = info.at.timestamp_millis();
    let done =
        transactions.iter().map(|(app_id, version)| Transaction::new_with_last_update(app_id, *version, Some(millis)));
    // No retries: a rebase would put rows under a `_batch` number that is another commit's.
    CommitProperties::default()
        .with_metadata(metadata.map(|(key, value)| (key.to_owned(), value)))
        .with_application_transactions(done.collect())
        .with_max_retries(0)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false))
}

fn add(file: &DataFile, written: &Written, info: &CommitInfo, data_change: bool) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: partition_values(file),
        size: file.bytes.cast_signed(),
        modification_time: info.at.timestamp_millis(),
        data_change,
        stats: written.statistics.get(&file.path).cloned(),
        ..Add::default()
    }
}

fn remove(file: &DataFile, info: &CommitInfo, data_change: bool) -> Remove {
    Remove {
        path: file.path.clone(),
        data_change,
        deletion_timestamp: Some(info.at.timestamp_millis()),
        extended_file_metadata: Some(true),
        partition_values: Some(partition_values(file)),
        size: Some(file.bytes.cast_signed()),
        ..Remove::default()
    }
}

fn partition_values(file: &DataFile) -> HashMap<String, Option<String>> {
    file.partition.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect()
}
