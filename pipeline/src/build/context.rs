//! The state of one build in progress: session, fingerprints, and new files that wait for their commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::dataframe::DataFrame;
use datafusion::prelude::SessionContext;
use futures::future::try_join_all;
use tempfile::TempPath;

use super::execution::QueryTurns;
use super::fingerprint::{self, Fingerprint};
use super::session::{self, Parameters};
use super::staged_query::{self, Staged};
use super::state::{BuildState, TableState};
use super::steps::Step;
use super::{BuildError, BuildOptions, BuiltTable, TableStatus, item_bands, temporary_table};
use crate::cluster::Cluster;
use crate::ingest::inbox_transaction;
use crate::lake::{CommitInfo, CommitMode, Lake, LakeTable, Written};
use crate::sql::{LakeScan, SpillFolder};

pub(super) struct BuildContext<'a> {
    pub(super) lake: &'a Lake,
    pub(super) options: &'a BuildOptions,
    pub(super) session: SessionContext,
    pub(super) parameters: Parameters,
    spill: SpillFolder,
    /// The files of tables that exist during the build only.
    temporary: Vec<TempPath>,
    /// The state that the last build stored.
    pub(super) last_state: BuildState,
    /// The state that this build will store.
    pub(super) new_state: BuildState,
    pub(super) tables: Vec<BuiltTable>,
    pub(super) staged: Vec<Staged>,
    /// Rows of `interactions` once built; no later table has many more.
    pub(super) n_interactions: usize,
    /// Of each input and table, in hexadecimal.
    fingerprints: BTreeMap<&'static str, String>,
    /// Transient steps that no other step needed so far.
    pending_transient: BTreeMap<&'static str, &'static Step>,
    progress: &'a (dyn Fn(&BuiltTable) + Send + Sync),
}

impl<'a> BuildContext<'a> {
    pub(super) async fn new(
        lake: &'a Lake,
        options: &'a BuildOptions,
        progress: &'a (dyn Fn(&BuiltTable) + Send + Sync),
    ) -> Result<Self, BuildError> {
        let spill = match &options.limits.spill_dir {
            Some(folder) => folder.clone(),
            None => SpillFolder::inside(lake.scratch()?),
        };
        spill.remove_abandoned().map_err(|source| BuildError::Spill { source })?;
        let cluster = options.cluster.as_ref().map(Cluster::new).transpose()?;
        let session = session::open_on(cluster, lake, &options.limits, options.zone);
        let session = session.map_err(BuildError::query("the session"))?;
        super::ages::register(&session, &options.age_bands).map_err(BuildError::query("ages"))?;
        session.register_udf(super::functions::is_sensitive(&options.sensitive_topics));
        let inbox = options.inbox.as_ref().map(|(inbox, _)| inbox.as_str());
        let consent =
            super::consent::register(&session, &options.consent, inbox).map_err(BuildError::query("consent"))?;
        let fingerprints = consent.into_iter().map(|(name, fingerprint)| (name, fingerprint.hex())).collect();
        lake.remove_temporary().await?;
        Ok(Self {
            lake,
            options,
            session,
            parameters: session::parameters(options),
            spill,
            temporary: Vec::new(),
            last_state: super::state::load(lake).await?,
            new_state: BuildState::new(),
            tables: Vec::new(),
            staged: Vec::new(),
            n_interactions: 0,
            fingerprints,
            pending_transient: BTreeMap::new(),
            progress,
        })
    }

    /// Records the fingerprint of an input or table.
    pub(super) fn record_fingerprint(&mut self, name: &'static str, fingerprint: &Fingerprint) {
        self.fingerprints.insert(name, fingerprint.hex());
    }

    /// Returns the fingerprint of a query, the options and the inputs. The inputs must have recorded fingerprints.
    pub(super) fn fingerprint(&self, sql: &str, reads: &[&str]) -> Fingerprint {
        let mut fingerprint = fingerprint::of_options(self.options).with(sql);
        for &input in reads {
            fingerprint.add(input.as_bytes());
            fingerprint.add(self.fingerprints.get(input).map_or(&[][..], String::as_bytes));
        }
        fingerprint
    }

    /// Runs steps concurrently, except those whose fingerprint is that of the last build. No step may read another one.
    pub(super) async fn run_steps(&mut self, steps: &'static [Step]) -> Result<(), BuildError> {
        let mut due = Vec::new();
        for step in steps {
            let fingerprint = self.fingerprint(step.sql, step.reads);
            self.record_fingerprint(step.name, &fingerprint);
            if step.transient {
                self.pending_transient.insert(step.name, step);
            } else if !self.reuse_if_unchanged(step.name, &fingerprint).await? {
                self.make_transient_inputs(step.reads).await?;
                due.push((step, fingerprint));
            }
        }
        let results = try_join_all(due.iter().map(|(step, _)| self.run_step(step))).await?;
        for ((step, fingerprint), (table, written)) in due.into_iter().zip(results) {
            self.stage_table(step.name, &fingerprint, table, written)?;
        }
        Ok(())
    }

    fn is_on_cluster(&self) -> bool {
        Cluster::of(self.session.task_ctx().session_config()).is_some()
    }

    async fn run_step(&self, step: &Step) -> Result<(LakeTable, Written), BuildError> {
        let frame = staged_query::plan(&self.session, step.sql, &self.parameters, step.name).await?;
        staged_query::run(self.lake, frame, step.name, self.n_interactions).await
    }

    /// Registers the table of the last build if its fingerprint and number of rows are the same.
    pub(super) async fn reuse_if_unchanged(
        &mut self,
        name: &'static str,
        fingerprint: &Fingerprint,
    ) -> Result<bool, BuildError> {
        let hex = fingerprint.hex();
        let Some(state) = self.last_state.get(name).filter(|state| state.fingerprint == hex).cloned() else {
            return Ok(false);
        };
        let Some(table) = self.lake.table(&format!("built/{name}")).await? else { return Ok(false) };
        if table.rows() as i64 != state.rows {
            return Ok(false);
        }
        let files = table.files();
        self.register_scan(name, LakeScan::new(&table).with_files(files))?;
        self.report_table(name.to_owned(), TableStatus::Skipped, state.rows, "nothing that it depends on changed");
        self.new_state.insert(name.to_owned(), state);
        Ok(true)
    }

    /// Makes the pending transient tables among `reads` and their own transient inputs.
    pub(super) async fn make_transient_inputs(&mut self, reads: &[&'static str]) -> Result<(), BuildError> {
        let mut names: Vec<&'static str> = reads.to_vec();
        let mut order = Vec::new();
        while let Some(name) = names.pop() {
            if let Some(step) = self.pending_transient.remove(name) {
                names.extend(step.reads);
                order.push(step);
            }
        }
        for step in order.into_iter().rev() {
            let frame = match step.name {
                item_bands::NAME if !self.is_on_cluster() => {
                    let rows = item_bands::count(self, &self.spill).await?;
                    self.session.read_batch(rows).map_err(BuildError::query(step.name))?
                }
                name => staged_query::plan(&self.session, step.sql, &self.parameters, name).await?,
            };
            self.register_temporary(frame, &[step.name]).await?;
        }
        Ok(())
    }

    /// Runs a query and registers its rows under the names until the end of the build.
    pub(super) async fn register_temporary(
        &mut self,
        frame: DataFrame,
        names: &[&'static str],
    ) -> Result<(), BuildError> {
        if let Some(cluster) = Cluster::of(self.session.task_ctx().session_config()) {
            let name = names.first().copied().unwrap_or_default();
            let kept = Arc::new(cluster.keep(frame, name).await.map_err(BuildError::query(name))?);
            for name in names {
                self.session.register_table(*name, Arc::<LakeScan>::clone(&kept)).map_err(BuildError::query(name))?;
            }
            return Ok(());
        }
        let file = temporary_table::register(&self.session, &self.spill, frame, names).await?;
        self.temporary.push(file);
        Ok(())
    }

    /// Registers new files under the table's name and keeps them for the commit.
    pub(super) fn stage_table(
        &mut self,
        name: &'static str,
        fingerprint: &Fingerprint,
        table: LakeTable,
        written: Written,
    ) -> Result<(), BuildError> {
        let rows = written.rows() as i64;
        self.register_scan(name, LakeScan::new(&table).with_files(written.files.clone()))?;
        let why =
            if self.last_state.contains_key(name) { "its inputs, parameters or SQL changed" } else { "first build" };
        self.report_table(name.to_owned(), TableStatus::Done, rows, why);
        let state = TableState { fingerprint: fingerprint.hex(), rows, ..TableState::default() };
        self.new_state.insert(name.to_owned(), state);
        self.staged.push(Staged { table, written, mode: CommitMode::ReplaceAll });
        Ok(())
    }

    pub(super) fn register_scan(&self, name: &str, scan: LakeScan) -> Result<(), BuildError> {
        let scan = session::scan_in(&self.session, scan);
        self.session.register_table(name, Arc::new(scan)).map(|_| ()).map_err(BuildError::query(name))
    }

    /// Adds a table to the report and calls `progress`.
    pub(super) fn report_table(&mut self, name: String, status: TableStatus, rows: i64, why: &str) {
        let query = name.split('/').next().unwrap_or(&name);
        let turns = self.session.state_ref().read().config().get_extension::<QueryTurns>();
        let why = if turns.is_some_and(|turns| turns.take_sorted(query)) {
            format!("{why}; joined by sorting, because there is too little memory to join by hashing")
        } else {
            why.to_owned()
        };
        let table = BuiltTable { name, status, rows: rows.unsigned_abs(), why };
        (self.progress)(&table);
        self.tables.push(table);
    }

    /// Whether a table, or any partition of it, was built again.
    pub(super) fn was_rebuilt(&self, name: &str) -> bool {
        let is_of_table = |table: &BuiltTable| {
            table.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.tables.iter().any(|table| table.status == TableStatus::Done && is_of_table(table))
    }

    /// Commits the new files, one commit per table, then stores the build state.
    pub(super) async fn commit_all(&mut self) -> Result<(), BuildError> {
        let info =
            CommitInfo { operation: "build".to_owned(), run_id: self.options.run_id.clone(), at: self.options.now };
        let inbox_number = match &self.options.inbox {
            Some((inbox, number)) if super::state::inbox_number(self.lake, inbox).await? < *number => {
                Some((inbox_transaction(inbox), i64::try_from(*number).unwrap_or(i64::MAX)))
            }
            _ => None,
        };
        let as_of = self.options.as_of;
        let is_unchanged = self.staged.is_empty()
            && self.new_state == self.last_state
            && inbox_number.is_none()
            && super::state::last_as_of(self.lake).await? == Some(as_of);
        let commits = self.staged.drain(..).map(|Staged { mut table, written, mode }| {
            let info = info.clone();
            async move { table.commit(written, mode, Vec::new(), info).await }
        });
        try_join_all(commits).await?;
        self.lake.remove_temporary().await?;
        if is_unchanged {
            Ok(())
        } else {
            super::state::save(self.lake, &self.new_state, as_of, inbox_number, info).await
        }
    }
}
