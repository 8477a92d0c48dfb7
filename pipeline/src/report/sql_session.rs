//! The SQL session of a report: built tables, the members in scope and their events. Opened by the first query that needs it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use tokio::sync::OnceCell;
use zhihui_data::{Table, Zone};

use super::ReportError;
use super::counting::{EventTable, InMemory};
use super::open_tables::OpenTables;
use super::period::Period;
use super::raw_tables::RawTables;
use crate::build::{Parameters, instant, open, parameter};
use crate::lake::raw::raw_schema;
use crate::lake::{DataFile, Lake, LakeTable, OpenedTables};
use crate::sql::{LakeScan, SessionLimits};

/// The built tables of every session but the days of members.
const TABLES: &[&str] = &["member_states", "items", "item_topics", "sign_up_states", "interactions", "openid_owners"];

/// What a session is opened with.
#[derive(Debug, Clone)]
pub(super) struct SqlOptions {
    pub(super) limits: SessionLimits,
    pub(super) zone: Zone,
    /// The period for which events are needed.
    pub(super) events: Period,
    /// Parameters of all queries.
    pub(super) parameters: Parameters,
    /// The period of the report, and the start of the one just before. Lifecycles are known for this period only.
    pub(super) period: Period,
    pub(super) before_from: chrono::DateTime<chrono::Utc>,
}

/// A table of one column of ids.
type IdTable = (&'static str, String, BTreeSet<String>);
/// A table that a query makes.
type Deferred = (&'static str, String, Period);

/// A session with the members in scope and their events.
pub(super) struct SqlSession {
    lake: Lake,
    tables: OpenTables,
    opened: Arc<OpenedTables>,
    options: SqlOptions,
    context: OnceCell<SessionContext>,
    /// Whether the members in view and their events are registered.
    people: OnceCell<()>,
    /// The raw tables, once a query needs them, and whether they are registered.
    raw: OnceCell<RawTables>,
    has_raw: OnceCell<()>,
    /// The events of the members in view, unless they do not fit into memory.
    events: Option<InMemory>,
    ids: Mutex<Vec<IdTable>>,
    deferred: Mutex<Vec<Deferred>>,
}

impl SqlSession {
    pub(super) fn new(lake: &Lake, (tables, opened): (&OpenTables, &Arc<OpenedTables>), options: SqlOptions) -> Self {
        Self {
            lake: lake.clone(),
            tables: tables.clone(),
            opened: Arc::clone(opened),
            options,
            context: OnceCell::new(),
            people: OnceCell::new(),
            raw: OnceCell::new(),
            has_raw: OnceCell::new(),
            events: None,
            ids: Mutex::default(),
            deferred: Mutex::default(),
        }
    }

    /// Lets queries read events from memory.
    pub(super) fn with_events(self, events: Option<InMemory>) -> Self {
        Self { events, ..self }
    }

    pub(super) async fn rows(
        &self,
        name: &'static str,
        sql: &str,
        period: Period,
    ) -> Result<Vec<RecordBatch>, ReportError> {
        let context = self.context().await?;
        self.register_deferred(context, sql).await?;
        self.frame(context, name, sql, period).await?.collect().await.map_err(ReportError::query(name))
    }

    /// Returns the rows of a query that has no period.
    pub(super) async fn rows_of_all_times(
        &self,
        name: &'static str,
        sql: &str,
    ) -> Result<Vec<RecordBatch>, ReportError> {
        self.rows(name, sql, self.options.period).await
    }

    /// The versions of the raw tables and of the owners of openids.
    pub(super) async fn raw_versions(&self) -> Result<Vec<i64>, ReportError> {
        let mut versions = self.raw().await?.versions();
        versions.push(self.tables.built("openid_owners")?.version());
        Ok(versions)
    }

    async fn raw(&self) -> Result<&RawTables, ReportError> {
        self.raw.get_or_try_init(async || Ok(RawTables::open(&self.lake, &self.opened).await?)).await
    }

    /// Registers the rows of a query as a table. The query runs when a later one needs the table.
    pub(super) fn register_rows(&self, name: &'static str, sql: &str, period: Period) {
        if let Ok(mut deferred) = self.deferred.lock() {
            deferred.retain(|(known, ..)| *known != name);
            deferred.push((name, sql.to_owned(), period));
        }
    }

    /// Registers a table of one column of ids.
    pub(super) fn register_ids(
        &self,
        table: &'static str,
        column: &str,
        ids: &BTreeSet<String>,
    ) -> Result<(), ReportError> {
        let of = (table, column.to_owned(), ids.clone());
        match self.context.get() {
            Some(context) => register_ids(context, &of),
            None => {
                if let Ok(mut known) = self.ids.lock() {
                    known.push(of);
                }
                Ok(())
            }
        }
    }

    /// The session of SQL queries.
    pub(super) async fn context(&self) -> Result<&SessionContext, ReportError> {
        self.context.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<SessionContext, ReportError> {
        let options = &self.options;
        let context = open(&self.lake, &options.limits, options.zone).map_err(ReportError::query("session"))?;
        for &name in TABLES {
            let table = self.tables.built(name)?;
            let scan = LakeScan::new(table).with_files(within(table, options.events));
            context.register_table(name, Arc::new(scan)).map_err(ReportError::query("session"))?;
        }
        // Not limited to the earliest time, because retention goes further back.
        let days = LakeScan::new(self.tables.built("member_days")?);
        context.register_table("member_days", Arc::new(days)).map_err(ReportError::query("session"))?;
        let feedback: Arc<dyn TableProvider> = match &self.tables.feedback {
            Some(table) => Arc::new(LakeScan::new(table).with_files(within(table, options.events))),
            None => {
                let empty = MemTable::try_new(raw_schema(Table::Feedback), vec![Vec::new()]);
                Arc::new(empty.map_err(ReportError::query("session"))?)
            }
        };
        context.register_table("feedback", feedback).map_err(ReportError::query("session"))?;
        let ids = self.ids.lock().map(|ids| ids.clone()).unwrap_or_default();
        ids.iter().try_for_each(|ids| register_ids(&context, ids))?;
        Ok(context)
    }

    /// Registers the members in view, their events and their ratings.
    async fn register_people(&self, context: &SessionContext) -> Result<(), ReportError> {
        let options = &self.options;
        let members = include_str!("../../sql/report/members_in_view.sql");
        self.register_made(context, "members_in_view", members, options.period).await?;
        let events = include_str!("../../sql/report/events.sql");
        let events = self.frame(context, "events", events, options.period).await?.into_view();
        let events: Arc<dyn TableProvider> = match &self.events {
            Some(in_memory) => Arc::new(EventTable::new(in_memory.clone(), options.limits.threads, events)),
            None => events,
        };
        context.register_table("events", events).map_err(ReportError::query("events"))?;
        let ratings = include_str!("../../sql/report/ratings_in_view.sql");
        let ratings = self.frame(context, "ratings_in_view", ratings, options.period).await?.into_view();
        context.register_table("ratings_in_view", ratings).map_err(ReportError::query("ratings_in_view"))?;
        Ok(())
    }

    /// Makes the deferred tables that a query reads.
    async fn register_deferred(&self, context: &SessionContext, sql: &str) -> Result<(), ReportError> {
        let needed = match self.deferred.lock() {
            Ok(mut deferred) => deferred.extract_if(.., |(name, ..)| sql.contains(*name)).collect::<Vec<_>>(),
            Err(_) => Vec::new(),
        };
        let of_people = ["members_in_view", "from events", "join events", "ratings_in_view"];
        let reads_people = |sql: &str| of_people.iter().any(|table| sql.contains(table));
        if reads_people(sql) || needed.iter().any(|(_, sql, _)| reads_people(sql)) {
            self.people.get_or_try_init(|| self.register_people(context)).await?;
        }
        if ["raw_", "rejects", "nulled"].iter().any(|table| sql.contains(table)) {
            self.has_raw.get_or_try_init(async || self.raw().await?.register(context)).await?;
        }
        for (name, sql, period) in needed {
            self.register_made(context, name, &sql, period).await?;
        }
        Ok(())
    }

    async fn register_made(
        &self,
        context: &SessionContext,
        name: &'static str,
        sql: &str,
        period: Period,
    ) -> Result<(), ReportError> {
        let frame = self.frame(context, name, sql, period).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.map_err(ReportError::query(name))?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        let table = MemTable::try_new(schema, vec![batches]).map_err(ReportError::query(name))?;
        context.deregister_table(name).map_err(ReportError::query(name))?;
        context.register_table(name, Arc::new(table)).map(|_| ()).map_err(ReportError::query(name))
    }

    async fn frame(
        &self,
        context: &SessionContext,
        name: &'static str,
        sql: &str,
        (from, to): Period,
    ) -> Result<DataFrame, ReportError> {
        let mut parameters = self.options.parameters.clone();
        let before_from = if (from, to) == self.options.period { self.options.before_from } else { from };
        parameters.extend([
            parameter("from", instant(from)),
            parameter("to", instant(to)),
            parameter("before_from", instant(before_from)),
        ]);
        let frame = context.sql(sql).await.map_err(ReportError::query(name))?;
        frame.with_param_values(parameters).map_err(ReportError::query(name))
    }
}

fn register_ids(context: &SessionContext, (table, column, ids): &IdTable) -> Result<(), ReportError> {
    let schema = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8, true)]));
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(ids));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]);
    let batch = batch.map_err(|error| ReportError::query(table)(error.into()))?;
    let rows = MemTable::try_new(schema, vec![vec![batch]]).map_err(ReportError::query(table))?;
    context.register_table(*table, Arc::new(rows)).map_err(ReportError::query(table))?;
    Ok(())
}

/// The files that may contain rows of a period. All files, if the table has no time column.
fn within(table: &LakeTable, (from, to): Period) -> Vec<DataFile> {
    let (from, to) = (from.timestamp_micros(), to.timestamp_micros());
    let overlaps = |file: &DataFile| file.time_range.is_none_or(|(first, last)| first < to && last >= from);
    table.files().into_iter().filter(overlaps).collect()
}
