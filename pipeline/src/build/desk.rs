//! Where a build works: the session, what is known of every table in it, and the new files that wait for their commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use futures::future::try_join_all;

use super::fingerprint::{self, Fingerprint};
use super::session::{self, Parameters};
use super::stage::{self, Staged};
use super::state::{Memory, State};
use super::steps::Step;
use super::{BuildError, BuildOptions, BuiltTable, TableStatus};
use crate::ingest::inbox_transaction;
use crate::lake::{CommitInfo, CommitMode, Lake, LakeTable, Written};
use crate::sql::LakeScan;

/// The state of one build in progress.
pub(super) struct Desk<'a> {
    pub(super) lake: &'a Lake,
    pub(super) options: &'a BuildOptions,
    pub(super) session: SessionContext,
    pub(super) parameters: Parameters,
    /// What the last build remembered.
    pub(super) before: State,
    /// What this build will remember.
    pub(super) after: State,
    pub(super) tables: Vec<BuiltTable>,
    pub(super) staged: Vec<Staged>,
    /// Rows of the interactions, once they are known: what every later table is about as large as, or smaller.
    pub(super) n_interactions: usize,
    prints: BTreeMap<&'static str, String>,
    waiting: BTreeMap<&'static str, &'static Step>,
    progress: &'a (dyn Fn(&BuiltTable) + Send + Sync),
}

impl<'a> Desk<'a> {
    pub(super) async fn new(
        lake: &'a Lake,
        options: &'a BuildOptions,
        progress: &'a (dyn Fn(&BuiltTable) + Send + Sync),
    ) -> Result<Self, BuildError> {
        let session = session::open(lake, &options.limits, options.zone).map_err(BuildError::query("the session"))?;
        super::ages::register(&session, &options.age_bands).map_err(BuildError::query("ages"))?;
        session.register_udf(super::functions::is_sensitive(&options.sensitive_topics));
        let wishes =
            super::wishes::register(&session, &options.wishes, options.inbox.as_ref().map(|(inbox, _)| inbox.as_str()))
                .map_err(BuildError::query("wishes"))?;
        let prints = wishes.into_iter().map(|(name, print)| (name, print.hex())).collect();
        Ok(Self {
            lake,
            options,
            session,
            parameters: session::parameters(options),
            before: super::state::load(lake).await?,
            after: State::new(),
            tables: Vec::new(),
            staged: Vec::new(),
            n_interactions: 0,
            prints,
            waiting: BTreeMap::new(),
            progress,
        })
    }

    /// Remembers what an input or table was made from.
    pub(super) fn know(&mut self, name: &'static str, fingerprint: &Fingerprint) {
        self.prints.insert(name, fingerprint.hex());
    }

    /// The fingerprint of everything that a step depends on.
    pub(super) fn fingerprint(&self, sql: &str, reads: &[&str]) -> Fingerprint {
        let mut fingerprint = fingerprint::of_options(self.options).with(sql);
        for &input in reads {
            fingerprint.add(input.as_bytes());
            fingerprint.add(self.prints.get(input).map_or(&[][..], String::as_bytes));
        }
        fingerprint
    }

    /// Runs steps that do not read one another side by side, leaving out those of which nothing that they depend on changed
    /// since the last build.
    pub(super) async fn steps(&mut self, steps: &'static [Step]) -> Result<(), BuildError> {
        let mut due = Vec::new();
        for step in steps {
            let fingerprint = self.fingerprint(step.sql, step.reads);
            self.know(step.name, &fingerprint);
            if step.transient {
                self.waiting.insert(step.name, step);
            } else if !self.skip(step.name, &fingerprint).await? {
                self.ready(step.reads).await?;
                due.push((step, fingerprint));
            }
        }
        let made = try_join_all(due.iter().map(|(step, _)| self.make(step))).await?;
        for ((step, fingerprint), (table, written)) in due.into_iter().zip(made) {
            self.finish(step.name, &fingerprint, table, written)?;
        }
        Ok(())
    }

    async fn make(&self, step: &Step) -> Result<(LakeTable, Written), BuildError> {
        let frame = stage::plan(&self.session, step.sql, &self.parameters, step.name).await?;
        stage::run(self.lake, frame, step.name, &[], &[], self.n_interactions).await
    }

    /// Takes over the table of the last build if it is still what would be made.
    pub(super) async fn skip(&mut self, name: &'static str, fingerprint: &Fingerprint) -> Result<bool, BuildError> {
        let hex = fingerprint.hex();
        let Some(memory) = self.before.get(name).filter(|memory| memory.fingerprint == hex).cloned() else {
            return Ok(false);
        };
        let Some(table) = self.lake.table(&format!("built/{name}")).await? else { return Ok(false) };
        if table.rows() as i64 != memory.rows {
            return Ok(false);
        }
        let files = table.files();
        self.register(name, LakeScan::new(&table).with_files(files))?;
        self.tell(name.to_owned(), TableStatus::Skipped, memory.rows, "nothing that it depends on changed");
        self.after.insert(name.to_owned(), memory);
        Ok(true)
    }

    /// Makes sure that the transient tables among `reads`, and those that they read, are there.
    pub(super) async fn ready(&mut self, reads: &[&'static str]) -> Result<(), BuildError> {
        let mut wanted: Vec<&'static str> = reads.to_vec();
        let mut order = Vec::new();
        while let Some(name) = wanted.pop() {
            if let Some(step) = self.waiting.remove(name) {
                wanted.extend(step.reads);
                order.push(step);
            }
        }
        for step in order.into_iter().rev() {
            let frame = stage::plan(&self.session, step.sql, &self.parameters, step.name).await?;
            let schema = Arc::clone(frame.schema().inner());
            let batches = frame.collect().await.map_err(BuildError::query(step.name))?;
            let schema = batches.first().map_or(schema, |batch| batch.schema());
            let table = MemTable::try_new(schema, vec![batches]).map_err(BuildError::query(step.name))?;
            self.session.register_table(step.name, Arc::new(table)).map_err(BuildError::query(step.name))?;
        }
        Ok(())
    }

    /// Registers new files under the table's name and keeps them for the commit.
    pub(super) fn finish(
        &mut self,
        name: &'static str,
        fingerprint: &Fingerprint,
        table: LakeTable,
        written: Written,
    ) -> Result<(), BuildError> {
        let rows = written.rows() as i64;
        self.register(name, LakeScan::new(&table).with_files(written.files.clone()))?;
        let why = if self.before.contains_key(name) { "its inputs, parameters or SQL changed" } else { "first build" };
        self.tell(name.to_owned(), TableStatus::Done, rows, why);
        self.after.insert(name.to_owned(), Memory { fingerprint: fingerprint.hex(), rows, ..Memory::default() });
        self.staged.push(Staged { table, written, mode: CommitMode::ReplaceAll });
        Ok(())
    }

    pub(super) fn register(&self, name: &str, table: LakeScan) -> Result<(), BuildError> {
        self.session.register_table(name, Arc::new(table)).map(|_| ()).map_err(BuildError::query(name))
    }

    pub(super) fn tell(&mut self, name: String, status: TableStatus, rows: i64, why: &str) {
        let table = BuiltTable { name, status, rows: rows.unsigned_abs(), why: why.to_owned() };
        (self.progress)(&table);
        self.tables.push(table);
    }

    /// Whether a table, or any part of it, was made anew.
    pub(super) fn made(&self, name: &str) -> bool {
        let part_of = |table: &BuiltTable| {
            table.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.tables.iter().any(|table| table.status == TableStatus::Done && part_of(table))
    }

    /// Makes every new file visible, one commit a table, then remembers what was built.
    pub(super) async fn publish(&mut self) -> Result<(), BuildError> {
        let info =
            CommitInfo { operation: "build".to_owned(), run_id: self.options.run_id.clone(), at: self.options.now };
        let taken = match &self.options.inbox {
            Some((inbox, number)) if super::state::taken(self.lake, inbox).await? < *number => {
                Some((inbox_transaction(inbox), i64::try_from(*number).unwrap_or(i64::MAX)))
            }
            _ => None,
        };
        let nothing_new = self.staged.is_empty() && self.after == self.before && taken.is_none();
        let commits = self.staged.drain(..).map(|Staged { mut table, written, mode }| {
            let info = info.clone();
            async move { table.commit(written, mode, Vec::new(), info).await }
        });
        try_join_all(commits).await?;
        if nothing_new { Ok(()) } else { super::state::save(self.lake, &self.after, taken, info).await }
    }
}
