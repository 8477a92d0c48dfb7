//! Commits written files and application transactions to a table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, Remove, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use serde_json::json;
use uuid::Uuid;

use super::fence::{self, Permission};
use super::log::{self, ACTIONS, ATTEMPT};
use super::{DataFile, LakeError, LakeTable, Written, checkpoint};

/// What a commit does with the existing rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitMode {
    /// Keeps them.
    Append,
    /// Replaces all of them.
    ReplaceAll,
    /// Replaces the rows of these partitions, given by the values of all partition columns.
    ReplacePartitions(Vec<BTreeMap<String, String>>),
    /// Replaces the rows of these files.
    Files {
        /// Files of [`LakeTable::files`].
        remove: Vec<DataFile>,
    },
}

/// What the log records about a commit. Must not contain personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// The operation: "ingest", "build", "compact".
    pub operation: String,
    /// The id of the run.
    pub run_id: String,
    /// The time of the commit; a later vacuum derives the age of removed files from it.
    pub at: DateTime<Utc>,
}

impl LakeTable {
    /// Commits written files and returns the new version. The commit is atomic and durable.
    ///
    /// A commit without files, transactions and removals does not change the version. New columns of the table, see
    /// [`super::Lake::table_of`], are part of the commit.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] if the table has a newer version than the one that was opened, [`LakeError::AlreadyDone`] if the
    /// table contains one of the transactions at this version or a later one. Does not delete the files of a failed commit;
    /// `maintain` deletes files that no version names.
    pub async fn commit(
        &mut self,
        written: Written,
        mode: CommitMode,
        transactions: Vec<(String, i64)>,
        info: CommitInfo,
    ) -> Result<i64, LakeError> {
        self.reject_done(&transactions)?;
        let removed = self.files_to_remove(&mode)?;
        if written.files.is_empty() && removed.is_empty() && transactions.is_empty() && self.new_columns.is_none() {
            return Ok(self.version());
        }
        if self.must_be_replaced() && removed.len() < self.files().len() {
            let detail = "its columns changed, but not all of its rows were replaced".to_owned();
            return Err(LakeError::SchemaMismatch { table: self.name.clone(), detail });
        }
        let permission = self.lake.permit(&self.name, self.transaction(fence::TRANSACTION)).await?;
        let transactions = self.with_lease(transactions, permission.as_ref());
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
        let prepared = prepared.into_prepared_commit_future().await.map_err(|source| self.delta_error(source))?;
        match prepared.await {
            Ok(committed) => match committed.await {
                Ok(finished) if !has_new_columns => self.set_state(finished.snapshot())?,
                Ok(_) | Err(_) => self.reload().await?,
            },
            Err(error) => match self.resolve_outcome(&attempt, &transactions, error).await {
                Ok(()) => {}
                Err(error) => {
                    if matches!(error, LakeError::Conflict { .. } | LakeError::AlreadyDone { .. }) {
                        permission.into_iter().for_each(Permission::resolve);
                    }
                    return Err(error);
                }
            },
        }
        permission.into_iter().for_each(Permission::resolve);
        self.transactions.extend(transactions);
        checkpoint::write_if_due(self).await;
        Ok(self.version())
    }

    /// Adds the number of the lease to the application transactions, unless the table has it already.
    fn with_lease(&self, mut transactions: Vec<(String, i64)>, permission: Option<&Permission>) -> Vec<(String, i64)> {
        let number = permission.map(Permission::number).filter(|&number| {
            let is_named = transactions.iter().any(|(app_id, _)| app_id == fence::TRANSACTION);
            !is_named && self.transaction(fence::TRANSACTION) != Some(number)
        });
        transactions.extend(number.map(|number| (fence::TRANSACTION.to_owned(), number)));
        transactions
    }

    fn reject_done(&self, transactions: &[(String, i64)]) -> Result<(), LakeError> {
        // The number of a lease is that of its holder, not of something done.
        for (app_id, version) in transactions.iter().filter(|(app_id, _)| app_id != fence::TRANSACTION) {
            if let Some(done) = self.transaction(app_id).filter(|done| done >= version) {
                let (table, app_id) = (self.name.clone(), app_id.clone());
                return Err(LakeError::AlreadyDone { table, app_id, version: done });
            }
        }
        Ok(())
    }

    /// Returns the files that a mode removes.
    fn files_to_remove(&self, mode: &CommitMode) -> Result<Vec<DataFile>, LakeError> {
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

    /// Reads from the log whether a commit that returned an error happened.
    async fn resolve_outcome(
        &mut self,
        attempt: &str,
        transactions: &[(String, i64)],
        error: deltalake::DeltaTableError,
    ) -> Result<(), LakeError> {
        let attempted = self.version() + 1;
        let unknown = |why: String| LakeError::UnknownOutcome { table: self.name.clone(), version: attempted, why };
        let found = log::read_commit(self.lake.store(), &self.name, attempted).await;
        match found.map_err(|second| unknown(format!("{error}; {second}")))? {
            None => Err(self.delta_error(error)),
            // On a local disk the file may have its name although its sync failed. Never report that as committed.
            Some(commit) if commit.attempt.as_deref() == Some(attempt) && self.lake.is_local() => {
                Err(unknown(error.to_string()))
            }
            Some(commit) if commit.attempt.as_deref() == Some(attempt) => self.reload().await,
            Some(_) => {
                let conflict = self.conflict();
                self.reload().await?;
                self.reject_done(transactions)?;
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

    fn delta_error(&self, source: deltalake::DeltaTableError) -> LakeError {
        LakeError::Delta { table: self.name.clone(), what: "committing to", source: source.into() }
    }
}

/// Removals, then additions.
fn actions(written: &Written, removed: &[DataFile], info: &CommitInfo) -> Vec<Action> {
    let data_change = info.operation != super::compact::OPERATION;
    let removed = removed.iter().map(|file| Action::Remove(remove(file, info, data_change)));
    removed.chain(written.files.iter().map(|file| Action::Add(add(file, written, info, data_change)))).collect()
}

/// The transactions of the commit and its metadata.
fn properties(actions: usize, transactions: &[(String, i64)], attempt: &str, info: &CommitInfo) -> CommitProperties {
    // Delta puts the commit's info before the actions and the transactions after them.
    let metadata = [
        (ACTIONS, json!(actions + transactions.len() + 1)),
        (ATTEMPT, json!(attempt)),
        ("zhihuiOperation", json!(info.operation)),
        ("zhihuiRun", json!(info.run_id)),
    ];
    let millis = info.at.timestamp_millis();
    let done =
        transactions.iter().map(|(app_id, version)| Transaction::new_with_last_update(app_id, *version, Some(millis)));
    // No retries, because after a rebase rows would have the `_batch` number of another commit.
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
