//! Builds a report: runs the queries, hides figures about small groups, and assembles metrics, tables, summary and notes.

mod prepared;
mod report_tables;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Report, ReportTable, Targets, Uplift};

use super::account::{self, AccountDays, AccountStatistics, SentArticle};
use super::columns::ReportTables;
use super::figures::{self, Figures};
use super::group_counts::GroupCounts;
use super::group_hierarchy::GroupHierarchy;
use super::memo::{MemoContext, memo};
use super::metrics::{Extent, PeriodFigures, Pushes, metrics, set_targets};
use super::notes::{NoteContext, notes};
use super::open_tables::OpenTables;
use super::period::{Period, Scope, preceding_start};
use super::period_rule::{PeriodRule, is_one_month, months_of_rule};
use super::sections::{self, MonthGroups};
use super::session::{ReportSession, Tables};
use super::tables::{self, SuppressedTable};
use super::unions::Unions;
use super::uplift::{self, Arms};
use super::{ReportError, ReportQuery, summary};
use crate::lake::{Lake, OpenedTables};
use crate::sql::SessionLimits;
use report_tables::PartTables;

/// Settings of a report besides the query.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The instant whose state is read. Later events do not count.
    pub as_of: DateTime<Utc>,
    /// Time zone of days.
    pub zone: Zone,
    /// Minimum number of people behind a shown count.
    pub min_group_size: MinGroupSize,
    /// Targets of metrics.
    pub targets: Targets,
    /// Memory, threads and spill folder.
    pub limits: SessionLimits,
}

/// Builds a report from the built tables: metrics with those of the comparison period, tables, a summary and notes.
///
/// A report about all members covers any number of whole days. A report about a union, a district or an age band covers a
/// past calendar month, and shows a figure if neither it nor its difference from enclosing, nested and overlapping groups is
/// about a small group (see [`zhihui_engine::report::Groups`]). With several filters it shows no figure about people.
///
/// # Errors
/// [`ReportError::Period`], [`ReportError::Year`], [`ReportError::UnknownUnion`] and [`ReportError::UnknownFilter`] for an
/// invalid query; [`ReportError::Build`] before the first build.
pub async fn report(lake: &Lake, query: &ReportQuery, options: &ReportOptions) -> Result<Report, ReportError> {
    let in_memory = ReportTables::new(options.limits.memory_bytes / 2);
    report_from(&ReportSources { lake, in_memory: &in_memory, sent: &[] }, query, options).await
}

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct ReportSources<'a> {
    /// The lake.
    pub lake: &'a Lake,
    /// Tables that earlier reports have read. They are not read again.
    pub in_memory: &'a ReportTables,
    /// The articles that push lists have sent, by which WeChat's statistics find their items.
    pub sent: &'a [SentArticle],
}

/// Builds a report like [`report`], with tables in memory that many reports share.
///
/// # Errors
/// Like [`report`].
pub async fn report_from(
    sources: &ReportSources<'_>,
    query: &ReportQuery,
    options: &ReportOptions,
) -> Result<Report, ReportError> {
    query.check()?;
    let ReportSources { lake, in_memory, sent } = *sources;
    let open = OpenTables::open(lake, &in_memory.opened).await?;
    let unions = in_memory.unions(&open).await?;
    let tables = Tables { lake, open: &open, in_memory };
    let resolved = query.resolved(options.as_of, options.zone);
    // These futures are large, and every report contains them.
    let session = Box::pin(ReportSession::open(&tables, &resolved, options, &unions)).await?;
    let account = match resolved.scope() {
        Scope::Whole => Box::pin(AccountStatistics::load(&session, &tables, (options.as_of, options.zone))).await?,
        _ => None,
    };
    let builder = ReportBuilder {
        lake,
        opened: &in_memory.opened,
        session,
        everybody: match resolved.scope() {
            Scope::Union(_) | Scope::District(_) | Scope::AgeBand(_) => {
                Some(Box::pin(ReportSession::open(&tables, &resolved.unfiltered(), options, &unions)).await?)
            }
            Scope::Whole | Scope::Combined => None,
        },
        months: query.months(options.as_of, options.zone),
        unions,
        requested: query,
        query: resolved,
        options,
        sent,
        account,
    };
    Box::pin(builder.report()).await
}

macro_rules! figure_queries {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../sql/report/", $name, ".sql")))),+] };
}

/// Queries that return one row of figures each.
const FIGURES: &[(&str, &str)] = figure_queries![
    "membership",
    "totals",
    "lifecycle",
    "reading",
    "published",
    "sign_ups",
    "seats",
    "sign_up_lead",
    "ratings"
];
/// The same on the table of responses to pushes.
const RESPONSES: &[(&str, &str)] = figure_queries!["pushing", "arms", "push_delays", "sign_up_delays"];

/// Maximum number of pushes in the table. Metrics cover all pushes.
const MAX_PUSHES: usize = 50;

/// Inputs of one report.
struct ReportBuilder<'a> {
    lake: &'a Lake,
    opened: &'a OpenedTables,
    session: ReportSession,
    /// The session of all members, if the report has a filter.
    everybody: Option<ReportSession>,
    unions: Arc<Unions>,
    requested: &'a ReportQuery,
    query: ReportQuery,
    /// The calendar month of tables by union, age band and topic, after the month before.
    months: [Period; 2],
    options: &'a ReportOptions,
    sent: &'a [SentArticle],
    /// WeChat's statistics, if there are any and the report is about all members.
    account: Option<Arc<AccountStatistics>>,
}

/// Figures of a period with the groups that decide which may be shown.
struct PeriodCounts {
    figures: Figures,
    hierarchy: GroupHierarchy,
    group_counts: Arc<GroupCounts>,
    account: AccountDays,
    rule: Arc<PeriodRule>,
    period: Period,
}

impl ReportBuilder<'_> {
    async fn report(&self) -> Result<Report, ReportError> {
        let (options, query, min_size) = (self.options, &self.query, self.options.min_group_size);
        let extent = match query.scope() {
            Scope::Whole => Extent::Whole,
            Scope::Combined => Extent::Nobody,
            _ => Extent::Part,
        };
        let now = (query.from, query.to);
        self.prepare(extent);
        let rule = Arc::new(self.period_rule(now, extent).await?);
        let before = match query.comparison(options.zone) {
            Some(period) if self.is_in_rule(period) => Some(self.counts(period, extent, Arc::clone(&rule)).await?),
            Some(period) => {
                let rule = Arc::new(self.period_rule(period, extent).await?);
                Some(self.counts(period, extent, rule).await?)
            }
            None => None,
        };
        let now = self.counts(now, extent, rule).await?;
        let (pushes, uplift) = match extent {
            Extent::Whole => self.pushes_and_uplift().await.map(|(arms, table)| (arms, Some(table)))?,
            Extent::Part | Extent::Nobody => (Pushes::default(), None),
        };
        let before = before.as_ref().map(|before| self.figures(before));
        let mut metrics = metrics(&self.figures(&now), before.as_ref(), &pushes, extent, min_size);
        if now.account.is_empty() {
            metrics.retain(|metric| !account::FIGURES.contains(&metric.name.as_str()));
        }
        let days = (options.zone.day(query.to) - options.zone.day(query.from)).num_days();
        set_targets(&mut metrics, &options.targets, days, extent);
        let is_small = extent == Extent::Part && !now.hierarchy.shows(&["members"], self.place(&now.hierarchy));
        let tables = match query.scope() {
            _ if is_small => Vec::new(),
            Scope::Whole => {
                let account = self.account_tables(&now.account).await?;
                self.tables(&now).await?.into_iter().chain(uplift).chain(account).collect()
            }
            Scope::Union(_) => vec![
                self.of_month(tables::unions(&now.hierarchy, &self.unions, self.place(&now.hierarchy), min_size)),
                self.articles_in_scope(&now).await?,
            ],
            Scope::District(_) | Scope::AgeBand(_) => vec![self.articles_in_scope(&now).await?],
            Scope::Combined => Vec::new(),
        };
        let hidden = metrics.iter().filter(|metric| metric.suppressed).count();
        let context = NoteContext {
            requested: self.requested,
            query,
            month: self.months[1],
            extent,
            is_month: is_one_month((query.from, query.to), options.zone),
            is_small,
            hidden: hidden + tables.iter().map(|(_, hidden)| hidden).sum::<usize>(),
            options,
        };
        let mut notes = notes(&context);
        if extent == Extent::Whole {
            let days = (options.zone.day(query.to.min(options.as_of)) - options.zone.day(query.from)).num_days();
            let days = usize::try_from(days).unwrap_or_default();
            notes.extend(account::notes(&now.account, days, options.zone, min_size));
        }
        let summary = summary::summary(&metrics, query, options.zone);
        let tables: Vec<ReportTable> = tables.into_iter().map(|(table, _)| table).collect();
        let before = match extent {
            Extent::Whole => {
                let group_counts = self.group_counts(self.months[0]).await?;
                let groups = MonthGroups::of(&group_counts, &self.unions, min_size);
                let PartTables { age_bands, unions, topics, .. } = self.tables_by_part(&groups, self.months[0]).await?;
                vec![age_bands, unions, topics]
            }
            Extent::Part | Extent::Nobody => Vec::new(),
        };
        let memo = memo(&MemoContext {
            query,
            as_of: options.as_of,
            zone: options.zone,
            extent,
            summary: &summary,
            metrics: &metrics,
            tables: &tables,
            tables_before: &before.into_iter().map(|(table, _)| table).collect::<Vec<_>>(),
            month: options.zone.day(self.months[1].0),
            month_before: options.zone.day(self.months[0].0),
            unions: &self.unions,
            pushes: &pushes,
        });
        Ok(Report {
            from: query.from.to_rfc3339(),
            to: query.to.to_rfc3339(),
            as_of: options.as_of.to_rfc3339(),
            filters: query.filters(),
            summary,
            notes,
            metrics,
            tables,
            fewest_people: min_size,
            memo: Some(memo),
            day_notes: Vec::new(),
        })
    }

    /// The place of the report's scope in a hierarchy of groups.
    fn place(&self, hierarchy: &GroupHierarchy) -> usize {
        match self.query.scope() {
            Scope::Union(union) => self.unions.place(Some(union)),
            Scope::District(name) | Scope::AgeBand(name) => hierarchy.place(Some(name)),
            Scope::Whole | Scope::Combined => 0,
        }
    }

    fn figures<'a>(&self, counts: &'a PeriodCounts) -> PeriodFigures<'a> {
        PeriodFigures {
            figures: &counts.figures,
            hierarchy: &counts.hierarchy,
            place: self.place(&counts.hierarchy),
            rule: &counts.rule,
            period: counts.period,
            before: (preceding_start(counts.period, self.options.zone), counts.period.1),
        }
    }

    /// Queries the figures of a period. Registers the responses to its pushes in the session.
    async fn counts(&self, period: Period, extent: Extent, rule: Arc<PeriodRule>) -> Result<PeriodCounts, ReportError> {
        let mut batches = Vec::new();
        if extent == Extent::Whole {
            self.session.register_rows("responses", include_str!("../../sql/report/responses.sql"), period).await?;
            for (name, sql) in RESPONSES {
                batches.extend(self.session.rows(name, sql, period).await?);
            }
        }
        for (name, sql) in FIGURES {
            batches.extend(self.session.rows(name, sql, period).await?);
        }
        let account = match &self.account {
            Some(statistics) => {
                let (period, rule) = ((period, self.options.zone), (&*rule, self.options.min_group_size));
                AccountDays::read(&self.session, statistics, period, rule).await?
            }
            None => AccountDays::default(),
        };
        let mut figures = Figures::of(&batches);
        account.add_to(&mut figures);
        let group_counts = self.group_counts(period).await?;
        let min_size = self.options.min_group_size;
        let hierarchy = group_counts.hierarchy_of(self.query.scope(), &self.unions, min_size);
        if extent == Extent::Part {
            let all: Vec<&str> = group_counts.statistics().iter().map(String::as_str).collect();
            hierarchy.decide(&all);
        }
        let is_in_scope = |union: usize| match self.query.scope() {
            Scope::Union(_) => self.unions.groups.is_within(union, self.place(&hierarchy)),
            _ => true,
        };
        let unions = group_counts.unions(self.unions.groups.len(), self.query.scope());
        let unions: Vec<(u64, u64)> =
            (1..unions.len()).filter(|&union| is_in_scope(union)).map(|union| unions[union]).collect();
        let large = || unions.iter().filter(|(members, _)| *members >= min_size.people());
        figures.add("unions", unions.iter().filter(|(members, _)| *members > 0).count() as f64);
        figures.add("active_unions", large().filter(|(_, active)| *active > 0).count() as f64);
        figures.add("silent_unions", large().filter(|(_, active)| *active == 0).count() as f64);
        figures.add("raters", hierarchy.count("raters", self.place(&hierarchy)) as f64);
        sections::add_active_days(&mut figures, &self.session, period).await?;
        if extent == Extent::Whole {
            let is_compared = period != (self.query.from, self.query.to);
            Box::pin(sections::add_figures(&mut figures, &self.session, period, is_compared)).await?;
        }
        Ok(PeriodCounts { figures, hierarchy, group_counts, account, rule, period })
    }

    /// Queries the days on which people did something. They decide about a period of all members and about its days.
    async fn period_rule(&self, period: Period, extent: Extent) -> Result<PeriodRule, ReportError> {
        if extent != Extent::Whole {
            return Ok(PeriodRule::default());
        }
        let sql = include_str!("../../sql/report/day_pairs.sql");
        let batches = self.session.rows("day_pairs", sql, self.days_of_rule(period)).await?;
        Ok(PeriodRule::of(&batches, self.options))
    }

    /// Whether the rule of the report's period looks at another period, as it does at the one just before.
    fn is_in_rule(&self, period: Period) -> bool {
        period.0 >= preceding_start((self.query.from, self.query.to), self.options.zone)
    }

    /// The time that the rule of a period looks at.
    fn days_of_rule(&self, period: Period) -> Period {
        // Lifecycles compare with the time before.
        let zone = self.options.zone;
        months_of_rule((preceding_start(period, zone), period.1), zone)
    }

    async fn group_counts(&self, period: Period) -> Result<Arc<GroupCounts>, ReportError> {
        self.everybody.as_ref().unwrap_or(&self.session).group_counts(period, &self.unions).await
    }

    fn of_month(&self, table: SuppressedTable) -> SuppressedTable {
        tables::of_month(table, self.options.zone.day(self.months[1].0))
    }

    /// The arms of all pushes of the period, and their table. Columns of the query: push, title, response, pushed, responded,
    /// held out, responded.
    async fn pushes_and_uplift(&self) -> Result<(Pushes, SuppressedTable), ReportError> {
        let period = (self.query.from, self.query.to);
        let batches = self.session.rows("uplift", include_str!("../../sql/report/uplift.sql"), period).await?;
        let (mut pushes, mut rows, mut large) = (Pushes::default(), Vec::new(), Vec::new());
        // The rows are sorted by the number of pushed members.
        for mut row in figures::rows(&batches) {
            let number = |at: usize| row.get(at).and_then(Value::as_f64).unwrap_or_default();
            let arms = Arms {
                pushed: number(3),
                pushed_responded: number(4),
                held_out: number(5),
                held_out_responded: number(6),
            };
            let is_article = row.get(2).is_some_and(|response| response == "read");
            if is_article {
                pushes.articles.push(arms)
            } else {
                pushes.activities.push(arms)
            }
            let uplift = uplift::of_push(arms);
            let cell =
                |field: fn(&Uplift) -> f64| uplift.as_ref().map_or(Value::Null, |uplift| figures::json(field(uplift)));
            row.extend([cell(|uplift| uplift.points), cell(|uplift| uplift.low), cell(|uplift| uplift.high)]);
            if rows.len() < MAX_PUSHES {
                large.push(arms.are_large());
                rows.push(row);
            }
        }
        Ok((pushes, tables::uplift(rows, &large, self.options.min_group_size)))
    }
}
