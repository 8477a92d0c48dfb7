//! Counts what the queries of reports ask, from columns in memory.
//!
//! Each count returns the rows of the query with its name in `pipeline/sql/report`, which defines it. Those about people by group
//! have too many rows in a province, so they return numbers of groups instead. Queries that are not here run as SQL.

mod account;
mod activities;
mod articles;
mod batch;
mod counted_rows;
mod day_pairs;
mod days;
mod definitions;
mod districts;
mod event_table;
mod groups;
mod member_days;
mod once_each;
mod opinions;
mod people;
mod pushes;
mod raw_facts;
mod responses;
mod retention;
mod sign_ups;
mod topics;
mod view;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use zhihui_data::Zone;
use zhihui_engine::report::ReportTable;

use super::account::ArticleDay;
use super::columns::{MemberColumns, RawColumns, ReportColumns};
use articles::ReadersByBand;
use counted_rows::{CountedRows, RowsOf};
use day_pairs::{DayStatistic, Pairs};
use once_each::OnceEach;
use people::PeriodActions;
use responses::Response;
use topics::TopicReads;
use view::{Micros, View};

pub(super) use counted_rows::SharedRows;
pub(super) use districts::PairPeople;
pub(super) use event_table::{EventTable, InMemory};
pub(super) use groups::GroupPeople;
pub(super) use view::Filters;

/// Queries about responses to pushes, which depend on the instant of the report.
const ABOUT_RESPONSES: [&str; 6] = ["pushing", "arms", "push_delays", "sign_up_delays", "funnel", "uplift"];
/// Queries about raw tables, whose versions are not those of the shared rows.
const ABOUT_RAW_TABLES: [&str; 4] = ["rejected", "nulled", "followers", "identified"];
/// The rules of reports look at months after their instant: 70 days in microseconds.
const LATER: i64 = 70 * 86_400_000_000;
/// Maximum length of the time whose pairs of days are counted at once, unless a report asks for more: four years.
const MAX_LONGER: i64 = 4 * 366 * 86_400_000_000;
/// The query about people by group, which [`Counts::group_people`] counts.
const GROUPS: &str = "groups";
/// The query about the articles that [`Counts::choose`] chooses, which [`Counts::article_groups`] counts.
const CHOSEN: &str = "article_groups";
/// The query about members without a period, which [`Counts::pair_people`] counts. The table of its rows is kept.
const OF_MEMBERS: &str = "districts";

/// Instants and settings of a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountOptions {
    pub(super) zone: Zone,
    /// Microseconds since 1970, like all instants here.
    pub(super) as_of: i64,
    /// The period of the report, and the start of the one just before.
    pub(super) period: Micros,
    pub(super) before_from: i64,
    /// Start of the time whose events SQL reads.
    pub(super) earliest: i64,
    /// Start of the time whose events are in memory.
    pub(super) loaded_from: i64,
    /// Start of the reference period for scores of articles.
    pub(super) account_from: i64,
    pub(super) min_people: i64,
}

/// The counts about the members in view.
pub(super) struct Counts {
    columns: Arc<ReportColumns>,
    /// Of the raw tables, for reports about all members.
    raw: Option<Arc<RawColumns>>,
    options: CountOptions,
    view: Arc<View>,
    actions: OnceEach<Micros, Arc<PeriodActions>>,
    responses: OnceEach<Micros, Arc<Vec<Response>>>,
    readers_by_band: OnceEach<Micros, Arc<ReadersByBand>>,
    topic_reads: OnceEach<Micros, Arc<TopicReads>>,
    rows: Arc<CountedRows>,
    /// Rows that all reports about all members share. `None` for a part of the members.
    shared_rows: Option<Arc<CountedRows>>,
    /// Whether `responses` is defined by other SQL than the count implements.
    has_other_responses: AtomicBool,
    chosen_articles: Mutex<Vec<u32>>,
}

impl Counts {
    pub(super) fn new(columns: Arc<ReportColumns>, options: CountOptions, filters: &Filters<'_>) -> Self {
        let view = Arc::new(View::new(&columns, filters));
        Self {
            columns,
            raw: None,
            options,
            view,
            actions: OnceEach::default(),
            responses: OnceEach::default(),
            readers_by_band: OnceEach::default(),
            topic_reads: OnceEach::default(),
            rows: Arc::default(),
            shared_rows: None,
            has_other_responses: AtomicBool::default(),
            chosen_articles: Mutex::default(),
        }
    }

    /// The same with what is counted of the raw tables.
    pub(super) fn with_raw(self, raw: Arc<RawColumns>) -> Self {
        Self { raw: Some(raw), ..self }
    }

    /// Counts queries on all processors. [`Self::rows`] then returns their rows at once.
    pub(super) fn prepare(&self, queries: &[(&'static str, &str, Micros)]) {
        queries.par_iter().with_max_len(1).for_each(|&(name, sql, period)| match name {
            GROUPS => drop(self.group_people(sql, period)),
            _ => drop(self.rows(name, sql, period)),
        });
    }

    /// Shares rows with other reports about all members that are made from the same versions of the tables.
    pub(super) fn with_shared_rows(self, shared: &SharedRows, versions: Vec<i64>) -> Self {
        let CountOptions { zone, min_people, as_of, .. } = self.options;
        let known_until = if self.columns.last_instant() < as_of { i64::MAX } else { as_of };
        Self { shared_rows: Some(shared.of(RowsOf { versions, zone, min_people, known_until })), ..self }
    }

    /// The rows of a query; `None` if it is not counted here, or not as this SQL defines it.
    pub(super) fn rows(
        &self,
        name: &'static str,
        sql: &str,
        period: Micros,
    ) -> Option<Result<RecordBatch, ArrowError>> {
        if !self.is_counted(name, sql) {
            return None;
        }
        let is_of_one_report = ABOUT_RESPONSES.contains(&name) || ABOUT_RAW_TABLES.contains(&name);
        let rows = self.shared_rows.as_ref().filter(|_| !is_of_one_report).unwrap_or(&self.rows);
        let counted = rows.get_or_count((name, period, self.before_from(period)), || {
            self.count(name, period).map(|counted| counted.map_err(Arc::new))
        });
        counted.map(|rows| rows.map_err(|error| ArrowError::ExternalError(Box::new(error))))
    }

    /// The people of a period by the statistics of `groups.sql`. `None` if its SQL is not what is counted.
    pub(super) fn group_people(&self, sql: &str, period: Micros) -> Option<Arc<GroupPeople>> {
        let rows = self.shared_rows.as_ref().unwrap_or(&self.rows);
        let of = (period, self.before_from(period));
        self.is_counted(GROUPS, sql).then(|| rows.group_people(of, || groups::group_people(self, period)))
    }

    /// A table that all reports about all members have, with the number of its hidden cells.
    pub(super) fn shared_table(&self, name: &'static str) -> Option<(ReportTable, usize)> {
        self.shared_rows.as_ref()?.table(name)
    }

    pub(super) fn share_table(&self, name: &'static str, table: &(ReportTable, usize)) {
        if let Some(rows) = &self.shared_rows {
            rows.keep_table(name, table);
        }
    }

    pub(super) fn members(&self) -> &MemberColumns {
        &self.columns.members
    }

    /// Whether a query is counted as its SQL defines it.
    fn is_counted(&self, name: &str, sql: &str) -> bool {
        let has_other_definition = ABOUT_RESPONSES.contains(&name) && self.has_other_responses.load(Relaxed);
        definitions::is_counted(name, sql) && !has_other_definition
    }

    fn count(&self, name: &str, period: Micros) -> Option<Result<RecordBatch, ArrowError>> {
        Some(match name {
            "membership" => people::membership(self, period),
            "totals" => people::totals(self, period),
            "lifecycle" => people::lifecycle(self, period),
            "shown" => people::shown(self, period),
            "rejected" => raw_facts::rejected(self, self.raw.as_ref()?),
            "nulled" => raw_facts::nulled(self, self.raw.as_ref()?),
            "followers" => raw_facts::followers(self, period, self.raw.as_ref()?),
            "identified" => return raw_facts::identified(self, period, self.raw.as_ref()?),
            "reading" => people::reading(self, period),
            "published" => sign_ups::published(self, period),
            "sign_ups" => sign_ups::sign_ups(self, period),
            "sign_up_lead" => sign_ups::sign_up_lead(self, period),
            "attendance" => sign_ups::attendance(self, period),
            "latest_sign_up" => sign_ups::latest_sign_up(self),
            "seats" => sign_ups::seats(self, period),
            "ratings" => sign_ups::ratings(self, period),
            "pushing" => pushes::pushing(self, &self.responses(period)),
            "arms" => pushes::arms(self, &self.responses(period)),
            "push_delays" => pushes::push_delays(&self.responses(period)),
            "sign_up_delays" => pushes::sign_up_delays(self, period, &self.responses(period)),
            "funnel" => pushes::funnel(self, &self.responses(period)),
            "uplift" => pushes::uplift(self, &self.responses(period)),
            "articles" => articles::articles(self, period),
            "topic_articles" => articles::topic_articles(self, period),
            "few_readers" => articles::few_readers(self, period),
            "topic_supply" => topics::topic_supply(self, period),
            "topics" => topics::topics(self, period),
            "daily" => days::daily(self, period),
            "active_days" => days::active_days(self, period),
            "hours" => days::hours(self, period),
            "day_pairs" => day_pairs::day_pairs(self, period),
            "account_sharers" => account::account_sharers(self, period),
            "opinions" => opinions::opinions(self, period),
            "topic_ratings" => opinions::topic_ratings(self, period),
            "few_raters" => opinions::few_raters(self, period),
            "roster" => districts::roster(self, period),
            "retention" => retention::retention(self, period),
            "activities" => activities::activities(self, period),
            _ => return None,
        })
    }

    /// The members by group and districts. `None` if their SQL is not what is counted.
    pub(super) fn pair_people(&self, sql: &str) -> Option<PairPeople> {
        self.is_counted(OF_MEMBERS, sql).then(|| districts::pair_people(self))
    }

    /// The readers of the chosen articles by group of members. `None` if their SQL is not what is counted.
    pub(super) fn article_groups(&self, sql: &str, period: Micros) -> Option<HashMap<String, Vec<(usize, u64)>>> {
        self.is_counted(CHOSEN, sql).then(|| articles::article_groups(self, period))
    }

    /// Counts `account_article_readers.sql` for days of articles. `None` if its SQL is not what is counted.
    pub(super) fn article_readers(&self, sql: &str, days: &[ArticleDay]) -> Option<Result<RecordBatch, ArrowError>> {
        let is_counted = definitions::is_counted("account_article_readers", sql);
        is_counted.then(|| account::account_article_readers(self, self.options.earliest, days))
    }

    /// The events in memory from an instant on, for SQL.
    pub(super) fn events(&self, from: i64) -> InMemory {
        let (columns, view) = (Arc::clone(&self.columns), Arc::clone(&self.view));
        InMemory { columns, view, known: (from, self.options.as_of) }
    }

    /// Notes how a table for later queries is defined.
    pub(super) fn define(&self, name: &str, sql: &str) {
        if name == "responses" {
            self.has_other_responses.store(!definitions::is_counted(name, sql), Relaxed);
        }
    }

    /// Chooses the articles that `article_groups` counts.
    pub(super) fn choose(&self, table: &str, ids: &BTreeSet<String>) {
        if table == "chosen_articles"
            && let Ok(mut chosen) = self.chosen_articles.lock()
        {
            *chosen = ids.iter().filter_map(|id| self.columns.item_ids.number(id)).collect();
        }
    }

    /// The age bands or districts of members, sorted.
    pub(super) fn known_filters(&self, filter: &str) -> Vec<String> {
        let dimension = if filter == "age_band" { 1 } else { 2 };
        self.columns.members.known(dimension).into_iter().map(str::to_owned).collect()
    }

    /// The part of a period that is known.
    fn known(&self, (from, to): Micros) -> Micros {
        (from, to.min(self.options.as_of))
    }

    fn before_from(&self, period: Micros) -> i64 {
        if period == self.options.period { self.options.before_from } else { period.0 }
    }

    fn actions(&self, period: Micros) -> Arc<PeriodActions> {
        self.actions.get_or_make(period, || Arc::new(PeriodActions::count(self, period)))
    }

    fn responses(&self, period: Micros) -> Arc<Vec<Response>> {
        self.responses.get_or_make(period, || Arc::new(responses::responses(self, period)))
    }

    fn readers_by_band(&self, period: Micros) -> Arc<ReadersByBand> {
        self.readers_by_band.get_or_make(period, || Arc::new(articles::readers_by_band(self, period)))
    }

    /// The pairs of days of a period that contains this one. They take long, so those of all that is in memory are kept.
    fn longer_pairs(&self, period: Micros) -> Arc<Pairs> {
        let rows = self.shared_rows.as_ref().unwrap_or(&self.rows);
        rows.pairs(period, || {
            let zone = self.options.zone;
            let midnight = |at: DateTime<Utc>| zone.midnight(zone.day(at)).timestamp_micros();
            let later = DateTime::from_timestamp_micros(self.options.as_of.saturating_add(LATER)).unwrap_or_default();
            let to = period.1.max(midnight(later));
            // Before everything, nothing is left out.
            let first = if self.columns.are_all { self.columns.first_instant() } else { i64::MAX };
            let first = DateTime::from_timestamp_micros(first).map(midnight);
            match first.filter(|first| (1..MAX_LONGER).contains(&(to - first))) {
                Some(first) => ((i64::MIN, to), Pairs::count(self, (first, to))),
                None => {
                    let longer = (period.0.min(self.options.loaded_from), to);
                    (longer, Pairs::count(self, longer))
                }
            }
        })
    }

    /// The people who read and who signed up, by day. `None` for a report about a part of the members.
    fn readers_and_signers(&self, period: Micros) -> Option<[HashMap<NaiveDate, i64>; 2]> {
        self.shared_rows.as_ref()?;
        let pairs = self.longer_pairs(period);
        Some([DayStatistic::Readers, DayStatistic::Signers].map(|statistic| pairs.people_by_day(statistic)))
    }

    fn topic_reads(&self, period: Micros) -> Arc<TopicReads> {
        self.topic_reads.get_or_make(period, || Arc::new(topics::topic_reads(self, period)))
    }
}
