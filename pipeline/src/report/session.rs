//! The queries of a report: counted from columns in memory where the tables fit into it, else by SQL over the lake.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Duration, Utc};
use datafusion::common::ScalarValue;
use datafusion::prelude::SessionContext;
use zhihui_engine::report::LARGE_ARM_SIZE;

use super::account::ArticleDay;
use super::columns::ReportTables;
use super::counting::{CountOptions, Counts, Filters};
use super::group_counts::{Cells, Dimension, GroupCounts};
use super::open_tables::OpenTables;
use super::period::{Period, Scope, preceding_start};
use super::period_rule::months_of_rule;
use super::sql_session::{SqlOptions, SqlSession};
use super::tables::SuppressedTable;
use super::unions::Unions;
use super::{ReportError, ReportOptions, ReportQuery, retention};
use crate::build::{instant, parameter};
use crate::lake::Lake;

/// Number of days before the end of the tables' month whose articles are the reference for scores.
const REFERENCE_DAYS: i64 = 90;

/// A session with the members in scope and their events.
pub(super) struct ReportSession {
    /// `None` if the tables do not fit into memory.
    counts: Option<Counts>,
    /// The cells of the members in memory.
    cells: OnceLock<Arc<Cells>>,
    sql: SqlSession,
}

/// The tables of a report, on disk and in memory.
pub(super) struct Tables<'a> {
    pub(super) lake: &'a Lake,
    pub(super) open: &'a OpenTables,
    pub(super) in_memory: &'a ReportTables,
}

impl ReportSession {
    pub(super) async fn open(
        tables: &Tables<'_>,
        query: &ReportQuery,
        options: &ReportOptions,
        unions: &Unions,
    ) -> Result<Self, ReportError> {
        let comparison = query.comparison(options.zone);
        let months = query.months(options.as_of, options.zone);
        let (month_from, _) = months[0];
        let reference_from = months[1].1 - Duration::days(REFERENCE_DAYS);
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
        let sql = SqlSession::new(
            tables.lake,
            (tables.open, &tables.in_memory.opened),
            SqlOptions {
                limits: options.limits.clone(),
                zone: options.zone,
                events: (earliest, options.as_of),
                parameters,
                period,
                before_from,
            },
        );
        sql.register_ids("chosen_unions", "chosen_union", &union_ids)?;
        let first_month = retention::months(months[1], options.zone).into_iter().next();
        let counted_from = match (query.scope(), first_month) {
            (Scope::Whole, Some(first)) => earliest.min(options.zone.midnight(first)),
            _ => earliest,
        };
        let columns = tables.in_memory.load(tables.open, counted_from.timestamp_micros(), options.zone).await?;
        let filters = Filters {
            unions: query.union.is_some().then_some(&union_ids),
            district: query.district.as_deref(),
            age_band: query.age_band.as_deref(),
        };
        let count_options = CountOptions {
            zone: options.zone,
            as_of: options.as_of.timestamp_micros(),
            period: micros(period),
            before_from: before_from.timestamp_micros(),
            earliest: earliest.timestamp_micros(),
            loaded_from: counted_from.timestamp_micros(),
            account_from: reference_from.timestamp_micros(),
            min_people: options.min_group_size.people() as i64,
        };
        let counts = columns.map(|columns| Counts::new(Arc::new(columns), count_options, &filters));
        let events = counts.as_ref().map(|counts| counts.events(earliest.timestamp_micros()));
        let counts = match counts.filter(|_| tables.in_memory.are_counted) {
            Some(counts) if query.scope() == Scope::Whole => {
                let counts = counts.with_shared_rows(&tables.in_memory.rows, tables.open.versions());
                Some(counts.with_raw(tables.in_memory.raw(&sql).await?))
            }
            counts => counts,
        };
        let sql = sql.with_events(events);
        let session = Self { counts, cells: OnceLock::new(), sql };
        session.check_filter("age_band", query.age_band.as_deref()).await?;
        session.check_filter("district", query.district.as_deref()).await?;
        Ok(session)
    }

    /// The session of SQL queries, for further tables.
    pub(super) async fn context(&self) -> Result<&SessionContext, ReportError> {
        self.sql.context().await
    }

    /// Rejects a filter value that no member has. It is probably a typing error.
    async fn check_filter(&self, filter: &'static str, value: Option<&str>) -> Result<(), ReportError> {
        let Some(value) = value else { return Ok(()) };
        let known = match &self.counts {
            Some(counts) => counts.known_filters(filter),
            None => self.known_filters(filter).await?,
        };
        if known.iter().any(|known| known == value) {
            return Ok(());
        }
        Err(ReportError::UnknownFilter { filter, value: value.to_owned(), known: known.join(", ") })
    }

    async fn known_filters(&self, filter: &'static str) -> Result<Vec<String>, ReportError> {
        let column = match filter {
            "district" => "coalesce(home_district, work_district)",
            _ => filter,
        };
        let sql = format!(
            "select known from (select distinct {column} as known from member_states) where known is not null order by known"
        );
        let period = (DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::UNIX_EPOCH);
        let mut known = Vec::new();
        for batch in self.sql.rows("session", &sql, period).await? {
            let texts = arrow::compute::cast(batch.column(0), &DataType::Utf8);
            let texts = texts.map_err(|error| ReportError::query("session")(error.into()))?;
            known.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
        }
        Ok(known)
    }

    /// Counts queries on all processors, before [`Self::rows`] asks for them one after the other.
    pub(super) fn prepare(&self, queries: &[(&'static str, &str, Period)]) {
        if let Some(counts) = &self.counts {
            let queries: Vec<_> = queries.iter().map(|&(name, sql, period)| (name, sql, micros(period))).collect();
            counts.prepare(&queries);
        }
    }

    /// Returns the rows of a query over a period.
    pub(super) async fn rows(
        &self,
        name: &'static str,
        sql: &str,
        period: Period,
    ) -> Result<Vec<RecordBatch>, ReportError> {
        let counted = self.counts.as_ref().and_then(|counts| counts.rows(name, sql, micros(period)));
        match counted {
            Some(rows) => Ok(vec![rows.map_err(|error| ReportError::query(name)(error.into()))?]),
            None => self.sql.rows(name, sql, period).await,
        }
    }

    /// A table that all reports about all members of these tables have, if one of them has made it.
    pub(super) fn shared_table(&self, name: &'static str) -> Option<SuppressedTable> {
        self.counts.as_ref()?.shared_table(name)
    }

    pub(super) fn share_table(&self, name: &'static str, table: &SuppressedTable) {
        if let Some(counts) = &self.counts {
            counts.share_table(name, table);
        }
    }

    /// Counts the people of a period by group, as `groups.sql` defines them.
    pub(super) async fn group_counts(&self, period: Period, unions: &Unions) -> Result<Arc<GroupCounts>, ReportError> {
        const SQL: &str = include_str!("../../sql/report/groups.sql");
        let people = self.counts.as_ref().and_then(|counts| counts.group_people(SQL, micros(period)));
        if let (Some(people), Some(counts)) = (people, &self.counts) {
            let cells = Arc::clone(self.cells_of(counts, unions));
            return Ok(Arc::new(GroupCounts::of_members(people, cells)));
        }
        Ok(Arc::new(GroupCounts::of(&self.sql.rows("groups", SQL, period).await?, unions)))
    }

    fn cells_of(&self, counts: &Counts, unions: &Unions) -> &Arc<Cells> {
        self.cells.get_or_init(|| Arc::new(Cells::of_members(counts.members(), unions)))
    }

    /// Counts the members by the pair of their districts, beside their age band and beside the district of reports, as
    /// `districts.sql` defines them. `None` if it must run as SQL.
    pub(super) fn district_pairs(&self, sql: &str, unions: &Unions) -> Option<[Arc<GroupCounts>; 2]> {
        let counts = self.counts.as_ref()?;
        let (pairs, cells) = (counts.pair_people(sql)?, self.cells_of(counts, unions));
        Some(
            [Dimension::AgeBand, Dimension::District]
                .map(|beside| Arc::new(GroupCounts::of_pairs(&pairs, cells, beside))),
        )
    }

    /// Counts the readers of the chosen articles by group of members, as `article_groups.sql` defines them. `None` if it must run
    /// as SQL.
    pub(super) fn article_groups(&self, sql: &str, period: Period) -> Option<HashMap<String, Vec<(usize, u64)>>> {
        self.counts.as_ref()?.article_groups(sql, micros(period))
    }

    /// Counts `account_article_readers.sql`. `None` if it must run as SQL.
    pub(super) fn article_readers(&self, sql: &str, days: &[ArticleDay]) -> Option<Result<RecordBatch, ReportError>> {
        let counted = self.counts.as_ref()?.article_readers(sql, days)?;
        Some(counted.map_err(|error| ReportError::query("account_article_readers")(error.into())))
    }

    /// Registers the rows of a query as a table for later queries.
    pub(super) async fn register_rows(&self, name: &'static str, sql: &str, period: Period) -> Result<(), ReportError> {
        if let Some(counts) = &self.counts {
            counts.define(name, sql);
        }
        self.sql.register_rows(name, sql, period);
        Ok(())
    }

    /// Registers a table of one column of ids.
    pub(super) fn register_ids(
        &self,
        table: &'static str,
        column: &str,
        ids: &BTreeSet<String>,
    ) -> Result<(), ReportError> {
        if let Some(counts) = &self.counts {
            counts.choose(table, ids);
        }
        self.sql.register_ids(table, column, ids)
    }
}

fn micros((from, to): Period) -> (i64, i64) {
    (from.timestamp_micros(), to.timestamp_micros())
}
