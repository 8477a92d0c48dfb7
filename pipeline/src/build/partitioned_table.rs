//! A built table in partitions, of which a build makes only those again whose inputs changed.

use std::collections::BTreeMap;

use datafusion::dataframe::DataFrame;
use futures::future::try_join_all;

use super::context::BuildContext;
use super::fingerprint::Fingerprint;
use super::staged_query::{self, Staged};
use super::state::TableState;
use super::{BuildError, TableStatus};
use crate::lake::{CommitMode, DataFile, LakeTable, Written};
use crate::sql::LakeScan;

/// The value of each partition column, in the order of the columns.
pub(super) type PartitionValues = Vec<(&'static str, String)>;

/// One partition, which may not exist yet.
pub(super) trait Partition {
    fn values(&self) -> PartitionValues;

    /// Returns the state of the partition if it were built now, without rows. `last` is its state after the last build.
    async fn state(&self, context: &mut BuildContext<'_>, last: Option<&TableState>) -> Result<TableState, BuildError>;

    /// Plans the rows. Follows a call of `state`.
    async fn plan(&self, context: &mut BuildContext<'_>) -> Result<PlannedPartition, BuildError>;
}

pub(super) struct PlannedPartition {
    pub(super) frame: DataFrame,
    /// Estimated number of rows that the query reads.
    pub(super) rows: usize,
    /// See [`TableState::unresolved`].
    pub(super) unresolved: i64,
}

/// A table whose partitions were built: its version before the commit, and its files after it.
#[derive(Debug)]
pub(super) struct BuiltPartitions {
    pub(super) table: LakeTable,
    pub(super) files: Vec<DataFile>,
}

/// Builds the partitions that changed and registers all of them as `name`, those that changed also as `changed_<name>`. Other
/// partitions of the table lose their rows. `partitions` must contain at least one.
pub(super) async fn build<P: Partition>(
    context: &mut BuildContext<'_>,
    name: &'static str,
    statistics: &'static [&'static str],
    partitions: &[P],
) -> Result<BuiltPartitions, BuildError> {
    let existing = context.lake.table(&format!("built/{name}")).await?;
    let mut build = PartitionedBuild { name, statistics, existing, next: None, written: Written::default() };
    let (mut due, mut kept) = (Vec::new(), Vec::new());
    for partition in partitions {
        match build.kept_state(context, partition).await? {
            Ok(state) => kept.push((partition, state)),
            Err(state) => due.push(build.plan(context, partition, state).await?),
        }
    }
    build.run(context, due).await?;
    if build.next.as_ref().is_some_and(LakeTable::must_be_replaced) {
        let mut due = Vec::new();
        for (partition, state) in kept.drain(..) {
            let state = partition.state(context, Some(&state)).await?;
            due.push(build.plan(context, partition, state).await?);
        }
        build.run(context, due).await?;
    }
    for (partition, state) in &kept {
        let full_name = build.full_name(&partition.values());
        context.report_table(full_name.clone(), TableStatus::Skipped, state.rows, "nothing that it depends on changed");
        context.new_state.insert(full_name, state.clone());
    }
    let mut fingerprint = Fingerprint::default();
    for partition in partitions {
        let full_name = build.full_name(&partition.values());
        if let Some(state) = context.new_state.get(&full_name) {
            fingerprint = fingerprint.with(&full_name).with(&state.fingerprint).with(&state.actors);
        }
    }
    context.record_fingerprint(name, &fingerprint);
    let kept = kept.iter().map(|(partition, _)| by_column(&partition.values())).collect::<Vec<_>>();
    build.register(context, &kept)
}

struct PartitionedBuild {
    name: &'static str,
    statistics: &'static [&'static str],
    /// The table of the last build.
    existing: Option<LakeTable>,
    /// The table with the columns of the new files; none without new files.
    next: Option<LakeTable>,
    written: Written,
}

/// A partition whose query is planned.
struct Due {
    values: PartitionValues,
    state: TableState,
    planned: PlannedPartition,
}

impl PartitionedBuild {
    /// The name of a partition in the build state and in reports, such as `interactions/reads/2026-11`.
    fn full_name(&self, values: &PartitionValues) -> String {
        values.iter().fold(self.name.to_owned(), |name, (_, value)| format!("{name}/{value}"))
    }

    /// Returns the partition's state after the last build if that still holds, otherwise its state now as an error.
    async fn kept_state(
        &self,
        context: &mut BuildContext<'_>,
        partition: &impl Partition,
    ) -> Result<Result<TableState, TableState>, BuildError> {
        let values = partition.values();
        let last = context.last_state.get(&self.full_name(&values)).cloned();
        let state = partition.state(context, last.as_ref()).await?;
        let stored = self.existing.as_ref().map(|table| rows_of(table, &by_column(&values)));
        let still_holds = |last: &TableState| {
            Some(last.rows) == stored && last.fingerprint == state.fingerprint && last.actors == state.actors
        };
        Ok(last.filter(still_holds).ok_or(state))
    }

    async fn plan(
        &self,
        context: &mut BuildContext<'_>,
        partition: &impl Partition,
        state: TableState,
    ) -> Result<Due, BuildError> {
        Ok(Due { values: partition.values(), state, planned: partition.plan(context).await? })
    }

    /// Runs queries, small ones concurrently.
    async fn run(&mut self, context: &mut BuildContext<'_>, due: Vec<Due>) -> Result<(), BuildError> {
        let mut due = due.into_iter().peekable();
        while let Some(first) = due.next() {
            let mut rows = first.planned.rows;
            let mut together = vec![first];
            while let Some(next) = due.next_if(|next| rows + next.planned.rows < staged_query::MIN_PARALLEL_ROWS) {
                rows += next.planned.rows;
                together.push(next);
            }
            self.run_together(context, together).await?;
        }
        Ok(())
    }

    async fn run_together(&mut self, context: &mut BuildContext<'_>, due: Vec<Due>) -> Result<(), BuildError> {
        if self.next.is_none()
            && let Some(Due { values, planned, .. }) = due.first()
        {
            let table =
                staged_query::create(context.lake, &planned.frame, self.name, &texts(values), self.statistics).await?;
            self.next = Some(table);
        }
        let Some(table) = &self.next else { return Ok(()) };
        let write = async |Due { values, state, planned: PlannedPartition { frame, rows, unresolved } }: Due| {
            let written = staged_query::write(table, frame, self.name, &texts(&values), rows).await?;
            let state = TableState { rows: written.rows() as i64, unresolved, ..state };
            Ok::<_, BuildError>((self.full_name(&values), state, written))
        };
        let results = try_join_all(due.into_iter().map(write)).await?;
        for (full_name, state, written) in results {
            let is_known = context.last_state.contains_key(&full_name);
            let why = if is_known { "its inputs, parameters or SQL changed" } else { "first build" };
            context.report_table(full_name.clone(), TableStatus::Done, state.rows, why);
            context.new_state.insert(full_name, state);
            self.written.merge(written);
        }
        Ok(())
    }

    /// Registers the new files and the kept ones, and keeps the new ones for the commit.
    fn register(
        self,
        context: &mut BuildContext<'_>,
        kept: &[BTreeMap<String, String>],
    ) -> Result<BuiltPartitions, BuildError> {
        let has_new = self.next.is_some();
        let Some(table) = self.next.or(self.existing) else {
            return Err(BuildError::NotBuilt(self.name.to_owned()));
        };
        let (mut files, removed): (Vec<DataFile>, Vec<DataFile>) =
            table.files().into_iter().partition(|file| kept.contains(&file.partition));
        let mut replaced: Vec<_> = removed.into_iter().map(|file| file.partition).collect();
        replaced.dedup();
        let changed = self.written.files.clone();
        files.extend(changed.iter().cloned());
        context.register_scan(self.name, LakeScan::new(&table).with_files(files.clone()))?;
        context.register_scan(&format!("changed_{}", self.name), LakeScan::new(&table).with_files(changed))?;
        if has_new || !replaced.is_empty() {
            let mode = CommitMode::ReplacePartitions(replaced);
            context.staged.push(Staged { table: table.clone(), written: self.written, mode });
        }
        Ok(BuiltPartitions { table, files })
    }
}

fn texts(values: &PartitionValues) -> Vec<(&str, &str)> {
    values.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn by_column(values: &PartitionValues) -> BTreeMap<String, String> {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn rows_of(table: &LakeTable, partition: &BTreeMap<String, String>) -> i64 {
    table.files().iter().filter(|file| &file.partition == partition).map(|file| file.rows as i64).sum()
}
