//! The query session of a report: built tables, the members in scope and their events.

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

use super::period::preceding_start;
use super::period_rule::months_of_rule;
use super::unions::Unions;
use super::uplift::LARGE_ARM_SIZE;
use super::{ReportError, ReportOptions, ReportQuery};
use crate::build::{BuildError, Parameters, instant, open, parameter};
use crate::lake::raw::{raw_name, raw_schema};
use crate::lake::{DataFile, Lake, LakeTable};
use crate::sql::LakeScan;

/// Number of days before the end of the tables' month whose articles are the reference for scores.
const REFERENCE_DAYS: i64 = 90;
/// The built tables of every session but the days of members.
pub(super) const TABLES: &[&str] = &["member_states", "items", "item_topics", "sign_up_states", "interactions"];

/// A session with the members in scope and their events.
pub(super) struct ReportSession {
    context: SessionContext,
    parameters: Parameters,
    /// The period of the report, and the start of the one just before. Lifecycles are known for this period only.
    period: (DateTime<Utc>, DateTime<Utc>),
    before_from: DateTime<Utc>,
}

impl ReportSession {
    pub(super) async fn open(
        lake: &Lake,
        query: &ReportQuery,
        options: &ReportOptions,
        unions: &Unions,
    ) -> Result<Self, ReportError> {
        let session = open(lake, &options.limits, options.zone).map_err(ReportError::query("session"))?;
        let comparison = query.comparison(options.zone);
        let [(month_from, _), month] = query.months(options.as_of, options.zone);
        let reference_from = month.1 - Duration::days(REFERENCE_DAYS);
        let earliest =
            comparison.map_or(query.from, |(from, _)| from.min(query.from)).min(reference_from).min(month_from);
        let period = (query.from, query.to);
        let before_from = preceding_start(period, options.zone);
        let rule_from = match comparison {
            Some(earlier) if earlier.0 < before_from => preceding_start(earlier, options.zone),
            _ => before_from,
        };
        let (rule_from, _) = months_of_rule((rule_from, query.to), options.zone);
        let earliest = earliest.min(rule_from);
        for &name in TABLES {
            let table = built(lake, name).await?;
            let files = within(&table, earliest, options.as_of);
            session
                .register_table(name, Arc::new(LakeScan::new(&table).with_files(files)))
                .map_err(ReportError::query("session"))?;
        }
        // Not limited to the earliest time, because retention goes further back.
        let days = built(lake, "member_days").await?;
        session.register_table("member_days", Arc::new(LakeScan::new(&days))).map_err(ReportError::query("session"))?;
        // Ratings need the raw table, because the built one has no feedback about the account as a whole.
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
            parameter("account_from", instant(reference_from)),
            parameter("min_arm", LARGE_ARM_SIZE as i64),
            parameter("min_people", options.min_group_size.people() as i64),
            parameter("union", text(&query.union)),
            parameter("district", text(&query.district)),
            parameter("age_band", text(&query.age_band)),
        ];
        let union_ids = match &query.union {
            Some(union) => unions.below(union)?,
            None => BTreeSet::new(),
        };
        let session = Self { context: session, parameters, period, before_from };
        session.check_filter("age_band", query.age_band.as_deref(), &["age_band"]).await?;
        let districts = &["coalesce(home_district, work_district)"];
        session.check_filter("district", query.district.as_deref(), districts).await?;
        session.register_ids("chosen_unions", "chosen_union", &union_ids)?;
        session.register_rows("members_in_view", include_str!("../../sql/report/members_in_view.sql"), period).await?;
        let events = session.query("events", include_str!("../../sql/report/events.sql"), period).await?.into_view();
        session.context.register_table("events", events).map_err(ReportError::query("events"))?;
        Ok(session)
    }

    /// Rejects a filter value that no member has. It is probably a typing error.
    async fn check_filter(
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
        let frame = self.context.sql(&sql).await.map_err(ReportError::query("session"))?;
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

    /// Returns the rows of a query over a period.
    pub(super) async fn rows(
        &self,
        name: &'static str,
        sql: &str,
        period: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<RecordBatch>, ReportError> {
        self.query(name, sql, period).await?.collect().await.map_err(ReportError::query(name))
    }

    /// Registers the rows of a query as a table for later queries.
    pub(super) async fn register_rows(
        &self,
        name: &'static str,
        sql: &str,
        period: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), ReportError> {
        let frame = self.query(name, sql, period).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.map_err(ReportError::query(name))?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        let table = MemTable::try_new(schema, vec![batches]).map_err(ReportError::query(name))?;
        self.context.deregister_table(name).map_err(ReportError::query(name))?;
        self.context.register_table(name, Arc::new(table)).map(|_| ()).map_err(ReportError::query(name))
    }

    async fn query(
        &self,
        name: &'static str,
        sql: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<datafusion::dataframe::DataFrame, ReportError> {
        let mut parameters = self.parameters.clone();
        let before_from = if (from, to) == self.period { self.before_from } else { from };
        parameters.extend([
            parameter("from", instant(from)),
            parameter("to", instant(to)),
            parameter("before_from", instant(before_from)),
        ]);
        let frame = self.context.sql(sql).await.map_err(ReportError::query(name))?;
        frame.with_param_values(parameters).map_err(ReportError::query(name))
    }

    /// Registers a table of one column of ids.
    pub(super) fn register_ids(
        &self,
        table: &'static str,
        column: &str,
        ids: &BTreeSet<String>,
    ) -> Result<(), ReportError> {
        let schema = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8, true)]));
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(ids));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]);
        let batch = batch.map_err(|error| ReportError::query(table)(error.into()))?;
        let rows = MemTable::try_new(schema, vec![vec![batch]]).map_err(ReportError::query(table))?;
        self.context.register_table(table, Arc::new(rows)).map_err(ReportError::query(table))?;
        Ok(())
    }
}

/// Opens a built table of the lake.
pub(super) async fn built(lake: &Lake, name: &str) -> Result<LakeTable, ReportError> {
    let name = format!("built/{name}");
    let table = lake.table(&name).await?;
    table.ok_or_else(|| BuildError::NotBuilt(name).into())
}

/// The files that may contain rows of a period. All files, if the table has no time column.
fn within(table: &LakeTable, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DataFile> {
    let (from, to) = (from.timestamp_micros(), to.timestamp_micros());
    let overlaps = |file: &DataFile| file.time_range.is_none_or(|(first, last)| first < to && last >= from);
    table.files().into_iter().filter(overlaps).collect()
}
