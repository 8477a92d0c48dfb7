//! The session of a report: the built tables, the members it is about and what they did.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Duration, Utc};
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use zhihui_data::Table;

use super::unions::Unions;
use super::{ReportError, ReportOptions, ReportQuery};
use crate::build::{BuildError, Parameters, instant, open, parameter};
use crate::lake::raw::{raw_name, raw_schema};
use crate::lake::{DataFile, Lake, LakeTable};
use crate::sql::LakeScan;

/// Days before the period's end whose articles the period's are measured against.
const ACCOUNT_DAYS: i64 = 90;
const TABLES: &[&str] = &["member_states", "items", "item_topics", "sign_up_states", "interactions"];

/// A session that knows the members in view and their events.
pub(super) struct View {
    session: SessionContext,
    parameters: Parameters,
}

impl View {
    pub(super) async fn open(
        lake: &Lake,
        query: &ReportQuery,
        options: &ReportOptions,
        unions: &Unions,
    ) -> Result<Self, ReportError> {
        let session = open(lake, &options.limits, options.zone).map_err(ReportError::query("session"))?;
        let account_from = query.to - Duration::days(ACCOUNT_DAYS);
        let compared = query.compared(options.zone);
        let (month_from, _) = query.month(options.as_of, options.zone);
        let earliest = compared.map_or(query.from, |(from, _)| from.min(query.from)).min(account_from).min(month_from);
        for &name in TABLES {
            let table = built(lake, name).await?;
            let files = within(&table, earliest, options.as_of);
            session
                .register_table(name, Arc::new(LakeScan::new(&table).with_files(files)))
                .map_err(ReportError::query("session"))?;
        }
        // Ratings are told of everything, not only of items, so they are read as they came.
        let feedback: Arc<dyn TableProvider> = match lake.table(&raw_name(Table::Feedback)).await? {
            Some(table) => {
                let files = within(&table, earliest, options.as_of);
                Arc::new(LakeScan::new(&table).with_files(files))
            }
            None => {
                let empty = MemTable::try_new(raw_schema(Table::Feedback), vec![Vec::new()]);
                Arc::new(empty.map_err(ReportError::query("session"))?)
            }
        };
        session.register_table("feedback", feedback).map_err(ReportError::query("session"))?;
        let text = |value: &Option<String>| ScalarValue::Utf8(value.clone());
        let parameters = vec![
            parameter("as_of", instant(options.as_of)),
            parameter("earliest", instant(earliest)),
            parameter("account_from", instant(account_from)),
            parameter("min_people", options.fewest.people() as i64),
            parameter("union", text(&query.union)),
            parameter("district", text(&query.district)),
            parameter("age_band", text(&query.age_band)),
        ];
        let chosen = match &query.union {
            Some(union) => unions.below(union)?,
            None => BTreeSet::new(),
        };
        let view = Self { session, parameters };
        view.must_be_known("age_band", query.age_band.as_deref(), &["age_band"]).await?;
        let districts = &["coalesce(home_district, work_district)"];
        view.must_be_known("district", query.district.as_deref(), districts).await?;
        view.choose("chosen_unions", "chosen_union", &chosen)?;
        let period = (query.from, query.to);
        view.keep("members_in_view", include_str!("../../sql/report/members_in_view.sql"), period).await?;
        let events = view.plan("events", include_str!("../../sql/report/events.sql"), period).await?.into_view();
        view.session.register_table("events", events).map_err(ReportError::query("events"))?;
        Ok(view)
    }

    /// Refuses a filter by what no member has: the report would be about nobody, and a slip of the pen would look like it.
    async fn must_be_known(
        &self,
        filter: &'static str,
        value: Option<&str>,
        columns: &[&str],
    ) -> Result<(), ReportError> {
        let Some(value) = value else { return Ok(()) };
        let each = columns.iter().map(|column| format!("select distinct {column} as known from member_states"));
        let sql = format!(
            "select known from ({}) where known is not null order by known",
            each.collect::<Vec<_>>().join(" union ")
        );
        let frame = self.session.sql(&sql).await.map_err(ReportError::query("session"))?;
        let batches = frame.collect().await.map_err(ReportError::query("session"))?;
        let mut known = Vec::new();
        for batch in &batches {
            let texts = arrow::compute::cast(batch.column(0), &DataType::Utf8);
            let texts = texts.map_err(|error| ReportError::query("session")(error.into()))?;
            known.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
        }
        if known.iter().any(|known| known == value) {
            return Ok(());
        }
        Err(ReportError::UnknownFilter { filter, value: value.to_owned(), known: known.join(", ") })
    }

    /// The rows of a query over a period.
    pub(super) async fn rows(
        &self,
        name: &'static str,
        sql: &str,
        period: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<RecordBatch>, ReportError> {
        self.plan(name, sql, period).await?.collect().await.map_err(ReportError::query(name))
    }

    /// Keeps the rows of a query as a table for later ones.
    pub(super) async fn keep(
        &self,
        name: &'static str,
        sql: &str,
        period: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), ReportError> {
        let frame = self.plan(name, sql, period).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.map_err(ReportError::query(name))?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        let table = MemTable::try_new(schema, vec![batches]).map_err(ReportError::query(name))?;
        self.session.deregister_table(name).map_err(ReportError::query(name))?;
        self.session.register_table(name, Arc::new(table)).map(|_| ()).map_err(ReportError::query(name))
    }

    async fn plan(
        &self,
        name: &'static str,
        sql: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<datafusion::dataframe::DataFrame, ReportError> {
        let mut parameters = self.parameters.clone();
        parameters.extend([parameter("from", instant(from)), parameter("to", instant(to))]);
        let frame = self.session.sql(sql).await.map_err(ReportError::query(name))?;
        frame.with_param_values(parameters).map_err(ReportError::query(name))
    }

    /// Registers a table of one column of ids.
    pub(super) fn choose(
        &self,
        table: &'static str,
        column: &str,
        chosen: &BTreeSet<String>,
    ) -> Result<(), ReportError> {
        let schema = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8, true)]));
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(chosen));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]);
        let batch = batch.map_err(|error| ReportError::query(table)(error.into()))?;
        let rows = MemTable::try_new(schema, vec![vec![batch]]).map_err(ReportError::query(table))?;
        self.session.register_table(table, Arc::new(rows)).map_err(ReportError::query(table))?;
        Ok(())
    }
}

/// A built table of the lake.
pub(super) async fn built(lake: &Lake, name: &str) -> Result<LakeTable, ReportError> {
    let name = format!("built/{name}");
    let table = lake.table(&name).await?;
    table.ok_or_else(|| BuildError::NotBuilt(name).into())
}

/// The files that may hold rows of the time in question; those of tables without a time all do.
fn within(table: &LakeTable, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DataFile> {
    let (from, to) = (from.timestamp_micros(), to.timestamp_micros());
    let touches = |file: &DataFile| file.time_range.is_none_or(|(first, last)| first < to && last >= from);
    table.files().into_iter().filter(touches).collect()
}
